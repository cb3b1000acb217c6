"""Which faces of strangers are one person, decided as they arrive: clusters whose ids do not jump."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from mien.gallery.matching.linkage import Floats, Representatives, representative_of_sum


@dataclass(frozen=True, slots=True)
class ClusteringSettings:
    """From which ``similarity`` on two clusters are one person, as ``linkage`` measures it.

    The number belongs to the default recogniser's embeddings.
    """

    similarity: float = 0.43


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face to be clustered: vector (d,) of unit length, and its quality in [0, 1].

    Faces of one ``track`` are one person; a face without one is a track of its own, called by its id. ``apart`` names
    tracks, or clusters, that are somebody else: those that were in view together with it.
    """

    face_id: str
    vector: Floats
    quality: float = 1.0
    track: str = ""
    apart: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What others call it by that are apart from it."""
        return self.track or self.face_id


@dataclass(frozen=True, slots=True)
class Changes:
    """What some faces changed: ``placed`` is the cluster of each, ``merged`` tells of clusters which one they now are.

    ``disputed`` are clusters of these faces that hold two who cannot be one person: that is for somebody to look at.
    """

    placed: dict[str, str]
    merged: dict[str, str]
    disputed: frozenset[str]


@dataclass(slots=True, eq=False)
class _Cluster:
    """Faces and what they are called by; ``place`` is the row of what stands for them, ``total`` (d,) their sum.

    ``keys`` are the tracks of the faces, its own id and those of clusters that it turned out to be.
    """

    founded: int
    place: int
    cluster_id: str
    is_named: bool = False
    faces: dict[str, Face] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    total: Floats = field(default_factory=lambda: np.zeros(1, np.float32))

    @property
    def seniority(self) -> tuple[bool, int]:
        """Less is senior."""
        return not self.is_named, self.founded


class FaceClusters:
    """Clusters of faces by the embeddings of one model. Deterministic; not for several threads at once.

    Every face founds a cluster, and a cluster that has grown is merged with the most similar one for as long as there
    is one similar enough that nothing forbids. So clusters that may be one are never as similar as that, and there is
    nothing to go over again from time to time. Of two that are merged the named one keeps its id, or else the older;
    two named ones are never merged, and nothing is ever split. In no other way does the id of a face change.

    Faces, tracks and clusters are called by ids that differ.
    """

    def __init__(self, settings: ClusteringSettings, new_id: Callable[[], str]) -> None:
        self._settings = settings
        self._new_id = new_id
        self._clusters: list[_Cluster] = []
        self._rows = Representatives()
        self._faces: dict[str, Face] = {}
        self._holders: dict[str, _Cluster] = {}
        self._apart: dict[str, set[str]] = {}
        self._founded = 0

    @property
    def cluster_ids(self) -> tuple[str, ...]:
        """All clusters, in the order in which they were founded."""
        return tuple(cluster.cluster_id for cluster in sorted(self._clusters, key=lambda one: one.founded))

    def cluster_of(self, face_id: str) -> str:
        """The cluster that holds a face; raises KeyError where the face is not there."""
        return self._holders[self._faces[face_id].key].cluster_id

    def faces_of(self, cluster_id: str) -> tuple[Face, ...]:
        """The faces of a cluster, or of the one that it turned out to be; raises KeyError where there is none."""
        return tuple(self._holders[cluster_id].faces.values())

    def add(self, faces: Sequence[Face]) -> Changes:
        """Take faces in, one after the other; raises ValueError, and takes none, where one is there already."""
        ids = [face.face_id for face in faces]
        if len(set(ids)) < len(ids) or not self._faces.keys().isdisjoint(ids):
            raise ValueError("a face is added twice")
        founded: list[_Cluster] = []
        merged: list[str] = []
        for face in faces:
            cluster = self._holders.get(face.key)
            if cluster is None:
                cluster = self._found("")
                founded.append(cluster)
            self._take(cluster, (face,))
            merged.extend(self._settle(cluster))
        for cluster in founded:
            if cluster.faces:
                cluster.cluster_id = self._new_id()
                self._call(cluster, cluster.cluster_id)
        placed = {face.face_id: self._holders[face.key] for face in faces}
        return Changes(
            {face_id: cluster.cluster_id for face_id, cluster in placed.items()},
            {cluster_id: self._holders[cluster_id].cluster_id for cluster_id in merged if cluster_id},
            frozenset(cluster.cluster_id for cluster in set(placed.values()) if self._is_disputed(cluster)),
        )

    def hold(self, cluster_id: str, faces: Sequence[Face]) -> None:
        """Put faces into a cluster because somebody says so, founding it where there is none; nothing is compared.

        So clusters come back after a restart, oldest first, and so faces are moved: others of their tracks come along.
        """
        if not faces:
            return
        cluster = self._holders.get(cluster_id) or self._found(cluster_id)
        arriving = {face.face_id: face for face in faces}
        tracks = [face.key for face in faces]
        before = [self._faces[face_id].key for face_id in arriving if face_id in self._faces]
        holders = self._holders_of([*tracks, *before])
        moved = {at: face for holder in holders for at, face in holder.faces.items() if face.key in tracks} | arriving
        for holder in holders:
            self._drop(holder, moved.keys())
        self._take(cluster, moved.values())
        for holder in holders:
            self._dissolve_empty(holder)
        for key in before:
            self._forget_apart(key)

    def name(self, cluster_id: str) -> None:
        """Let a cluster keep its id from now on, whatever turns out; raises KeyError where there is none."""
        self._holders[cluster_id].is_named = True

    def keep_apart(self, one: str, other: str) -> None:
        """Say of two clusters or tracks that they are two people, or will be once they are there."""
        if one != other:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def remove(self, face_ids: Iterable[str]) -> None:
        """Forget faces, those that are there; a cluster without any is forgotten too. Nothing is compared."""
        gone = {face_id: self._faces[face_id].key for face_id in face_ids if face_id in self._faces}
        for holder in self._holders_of(gone.values()):
            self._drop(holder, gone.keys())
            self._dissolve_empty(holder)
        for key in gone.values():
            self._forget_apart(key)

    def _holders_of(self, keys: Iterable[str]) -> list[_Cluster]:
        return list(dict.fromkeys(self._holders[key] for key in keys if key in self._holders))

    def _found(self, cluster_id: str) -> _Cluster:
        cluster = _Cluster(self._founded, len(self._clusters), cluster_id)
        self._founded += 1
        self._clusters.append(cluster)
        if cluster_id:
            self._call(cluster, cluster_id)
        return cluster

    def _call(self, cluster: _Cluster, key: str) -> None:
        cluster.keys.add(key)
        self._holders[key] = cluster

    def _take(self, cluster: _Cluster, faces: Iterable[Face]) -> None:
        """Put new faces into a cluster."""
        for face in faces:
            cluster.faces[face.face_id] = self._faces[face.face_id] = face
            cluster.total = cluster.total + face.vector
            self._call(cluster, face.key)
            for other in face.apart:
                self.keep_apart(face.key, other)
        self._stand(cluster)

    def _drop(self, cluster: _Cluster, face_ids: Set[str]) -> None:
        """Take out of a cluster those of some faces that it holds."""
        dropped = [cluster.faces.pop(face_id) for face_id in cluster.faces.keys() & face_ids]
        for face in dropped:
            del self._faces[face.face_id]
        for key in {face.key for face in dropped} - {face.key for face in cluster.faces.values()}:
            cluster.keys.discard(key)
            del self._holders[key]
        cluster.total = sum((face.vector for face in cluster.faces.values()), np.zeros(1, np.float32))
        if cluster.faces:
            self._stand(cluster)

    def _dissolve_empty(self, cluster: _Cluster) -> None:
        if cluster.faces:
            return
        for key in cluster.keys:
            del self._holders[key]
            self._forget_apart(key)
        self._leave(cluster)

    def _forget_apart(self, key: str) -> None:
        if key in self._holders:
            return
        for other in self._apart.pop(key, ()):
            self._apart[other].discard(key)
            if not self._apart[other]:
                del self._apart[other]

    def _leave(self, cluster: _Cluster) -> None:
        """Give the place of a cluster to the last one."""
        last = self._clusters.pop()
        self._rows.take_out(cluster.place)
        if last is not cluster:
            self._clusters[cluster.place], last.place = last, cluster.place

    def _stand(self, cluster: _Cluster) -> None:
        self._rows.put(cluster.place, representative_of_sum(cluster.total, len(cluster.faces)))

    def _settle(self, cluster: _Cluster) -> Iterator[str]:
        """Merge a cluster that has changed with whichever is similar enough; the ids that are gone."""
        while True:
            place, similarity = self._rows.nearest(cluster.place, self._barred(cluster))
            if similarity < self._settings.similarity:
                return
            cluster, junior = sorted((cluster, self._clusters[place]), key=lambda one: one.seniority)
            self._merge(cluster, junior)
            yield junior.cluster_id

    def _merge(self, senior: _Cluster, junior: _Cluster) -> None:
        senior.faces.update(junior.faces)
        senior.total = senior.total + junior.total
        for key in junior.keys:
            self._call(senior, key)
        junior.faces = {}
        self._leave(junior)
        self._stand(senior)

    def _barred(self, cluster: _Cluster) -> list[int]:
        """The places of clusters that cannot be one with a cluster."""
        others = (other for key in cluster.keys & self._apart.keys() for other in self._apart[key])
        barred = {self._holders[other].place for other in others if other in self._holders}
        if cluster.is_named:
            barred.update(other.place for other in self._clusters if other.is_named)
        return sorted(barred)

    def _is_disputed(self, cluster: _Cluster) -> bool:
        return any(not self._apart[key].isdisjoint(cluster.keys) for key in cluster.keys & self._apart.keys())
