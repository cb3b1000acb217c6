"""Who the faces of one picture are, by one view of each."""

from mien.domain.errors import ModelMismatch
from mien.domain.faces import Quality, Recognition
from mien.domain.identity import Identity, Match, Undecided, Unknown
from mien.gallery.matching.crowd import Best, Crowd, Floats
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import UNCLEAR

ELSEWHERE = "somebody else in view is that person"
BETWEEN = "between two people"
DOUBTFUL = "similar to somebody, but not enough"


def identify(
    crowd: Crowd, recognition: Recognition, quality: Quality, settings: MatchingSettings
) -> tuple[Identity, ...]:
    """Who the n faces of one picture are, no two of them the same person; a picture founds no stranger.

    Enrolled people are looked for first, whatever strangers resemble the face. Raises ModelMismatch where the
    embeddings are of another model than the crowd.
    """
    embeddings = recognition.embeddings
    if embeddings.model != crowd.model:
        raise ModelMismatch(f"faces of {embeddings.model} cannot be looked for among templates of {crowd.model}")
    scores = crowd.scores(embeddings.vectors)
    limits = [
        "" if is_good else reason or UNCLEAR
        for is_good, reason in zip(settings.is_good(recognition, quality), quality.reasons, strict=True)
    ]
    answers = [
        _judge(crowd, row, crowd.known_above(settings, float(told)), limit, settings) if is_face else Undecided(limit)
        for row, told, limit, is_face in zip(scores, quality.scores, limits, settings.is_face(recognition), strict=True)
    ]
    taken: set[str] = set()
    for face in sorted(range(len(answers)), key=lambda face: _claim(answers[face], scores[face], crowd), reverse=True):
        answer = answers[face]
        if isinstance(answer, Undecided) or not answer.person_id:
            continue
        if answer.person_id in taken:
            answers[face] = Undecided(ELSEWHERE, answer.similarity, answer.margin)
        taken.add(answer.person_id)
    return tuple(answers)


def _claim(answer: Identity, scores: Floats, crowd: Crowd) -> float:
    if isinstance(answer, Undecided) or not answer.person_id:
        return -1.0
    return float(scores[crowd.places[answer.person_id]])


def _judge(crowd: Crowd, scores: Floats, known_above: float, limit: str, settings: MatchingSettings) -> Identity:
    """Who a face is by its scores (p,) and the threshold for its quality; ``limit`` says what makes it poor."""
    known = Best.among(scores, crowd.is_enrolled)
    if known.place >= 0 and known.similarity >= known_above:
        if known.margin < settings.min_margin:
            return Undecided(BETWEEN, known.similarity, known.margin)
        return Match(crowd.person_ids[known.place], known.similarity, known.margin)
    if limit:
        return Undecided(limit, known.similarity, known.margin)
    if known.place >= 0 and known.similarity >= known_above - settings.doubt:
        return Undecided(DOUBTFUL, known.similarity, known.margin)
    stranger = Best.among(scores, ~crowd.is_enrolled)
    is_met = stranger.place >= 0 and stranger.similarity >= settings.stranger_similarity
    return Unknown(known.similarity, crowd.person_ids[stranger.place] if is_met else "", known.margin)
