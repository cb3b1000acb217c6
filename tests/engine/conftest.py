"""Pipelines without networks, over a real gallery."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.faces import MODEL
from tests.support.scripted import GreyRecogniser, KnowingDetector, ScriptedAssessor, ScriptedClassifier
from tests.support.visits import book_of

from mien.domain.clock import SystemClock
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import MatchingSettings
from mien.pipeline.cadence import FaceCadence
from mien.pipeline.camera import CameraPipeline, Following, StillFollowing
from mien.pipeline.finding import FaceFinder
from mien.pipeline.following import FaceFollowing
from mien.pipeline.intervals import CadenceSettings
from mien.pipeline.reading import FrameReader
from mien.pipeline.tasks import Tasks
from mien.pipeline.timings import StageTimings
from mien.store.media import FolderMedia
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.follower import Follower
from mien.tracking.smoothing import SmoothingSettings
from mien.tracking.tracker import FollowingSettings, TrackingSettings
from mien.vision.recognition.recogniser import Recogniser

BuildPipeline = Callable[..., CameraPipeline]


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open_file(tmp_path / "home" / "mien.sqlite3") as opened:
        yield opened


@pytest.fixture
def gallery(database: Database, clock: SystemClock) -> Gallery:
    return Gallery(SqlPeople(database), MODEL, MatchingSettings(votes=2), clock)


@pytest.fixture
def build_pipeline(gallery: Gallery, database: Database, tmp_path: Path, clock: SystemClock) -> BuildPipeline:
    """Builds the pipeline of a camera; the detector may be made to work hard, or to fail."""
    visits = book_of(gallery, database, FolderMedia(tmp_path / "home" / "media", database.vault))

    def build(
        camera: str = "door",
        detector: KnowingDetector | None = None,
        is_still: bool = False,
        recogniser: Recogniser | None = None,
        following: Following | None = None,
    ) -> CameraPipeline:
        recogniser = recogniser or GreyRecogniser()
        tasks = Tasks(detector or KnowingDetector(), recogniser, ScriptedClassifier(), ScriptedAssessor())
        timings = StageTimings()
        reader = FrameReader(
            tasks,
            TrackIdentities(gallery, visits, camera),
            FaceCadence(CadenceSettings()),
            SmoothingSettings(min_readings=1),
            timings,
            clock,
        )
        if following is not None:
            return CameraPipeline(following, reader)
        if is_still:
            return CameraPipeline(StillFollowing(FaceFinder(tasks.detector, None, timings)), reader)
        trackers = ByteTracker(TrackingSettings()), ByteTracker(TrackingSettings())
        finder, follower = FaceFinder(tasks.detector, None, timings), Follower(FollowingSettings())
        return CameraPipeline(FaceFollowing(finder, trackers, follower, 4, timings), reader)

    return build
