"""Pictures of somebody else under a name: which of them enrolling refuses, on LFW, View 1 train.

They go through the checks of enrolment, beside some pictures of the person, in a home in which nobody else is enrolled.
The limit is one by which faces are recognised; what others would do is shown on one half of the people, what this one
does on the other half and on all.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks.parts.labelled_faces import HALVES, LabelledPeople, Rows, labelled_people, reader
from benchmarks.parts.report import Report, Table, measured

from mien.domain.clock import SystemClock
from mien.domain.errors import EnrolmentRefused
from mien.domain.people.consent import SCOPES, NewConsent
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.sight import Portrait
from mien.gallery.gallery import Gallery
from mien.gallery.matching.linkage import representative
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.settings import Settings, load_settings
from mien.store.vault.keys import EncryptionSettings
from mien.wiring.people import build_registry
from mien.wiring.stores import build_stores

THERE = (3, 5, 9)
"""Pictures that are there of a person."""

BELOW = (-0.06, 0.0, 0.03, 0.06, 0.09, 0.12)
"""How far the limit is below the similarity of a match; the hysteresis of decisions is in use."""

DRAWS, MOST = 4, 3
TERMS = Terms(NewConsent(frozenset(SCOPES), "", ""))
COLUMNS = ("people", "wrong ones", "refused", "of whom the person resembles most", "right ones", "refused of them")
CROP = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Trial:
    """Pictures by row: those that are there of a person, others of the person, of anybody, and of a look-alike."""

    there: Rows
    right: Rows
    wrong: Rows
    alike: Rows


def main() -> None:
    """Print what limits do on one half of the people, and what the one in use does on the other and on all."""
    report = Report("lfw_enrolment")
    with measured() as report.seconds, TemporaryDirectory() as folder, ExitStack() as stack:
        matching = load_settings().matching
        checks = Checks(Path(folder), stack, labelled_people())
        trials = checks.trials(HALVES["chosen on"], THERE[0])
        rows = [(one, *checks.rates(trials, replace(matching, hysteresis=one))) for one in BELOW]
        report.tables.append(Table(f"One half, {THERE[0]} pictures there", ("below a match by", *COLUMNS), rows))
        cases = [
            (who, half, there) for who, half in (("other half", HALVES["judged on"]), ("all", None)) for there in THERE
        ]
        rows = [(f"{who}, {there}", *checks.rates(checks.trials(half, there), matching)) for who, half, there in cases]
        report.tables.append(Table("As it ships", ("people, pictures there", *COLUMNS), rows))
    report.publish()


class Checks:
    """The checks of enrolment, asked about people of LFW."""

    def __init__(self, folder: Path, stack: ExitStack, people: LabelledPeople) -> None:
        settings = Settings(home=folder, encryption=EncryptionSettings("memory"))
        self._clock, self._people = SystemClock(), people
        self._stores = build_stores(settings, stack)
        self._registry = build_registry(self._stores, self._clock)
        self._model = reader().recogniser.model

    def trials(self, half: int | None, there: int) -> list[Trial]:
        """Everybody with more pictures than are there, drawn several times."""
        own, people = self._people.rows_of(half), self._people
        names, standing = list(own), np.stack([representative(people.vectors[rows]) for rows in own.values()])
        similarity = standing @ standing.T
        np.fill_diagonal(similarity, -1)
        found = []
        for seed in range(DRAWS):
            generator = np.random.default_rng(seed)
            for place, rows in enumerate(own.values()):
                if len(rows) > there:
                    drawn = generator.permutation(rows)
                    others = [name for name in generator.choice(names, MOST + 1) if name != names[place]][:MOST]
                    wrong = np.array([generator.choice(own[name]) for name in others])
                    alike = own[names[int(similarity[place].argmax())]][:MOST]
                    found.append(Trial(drawn[:there], drawn[there:][:MOST], wrong, alike))
        return found

    def rates(self, trials: Sequence[Trial], settings: MatchingSettings) -> tuple[object, ...]:
        """How many people and pictures there are, and the shares of these that are refused."""
        gallery = Gallery(self._stores.people, self._model, settings, self._clock)
        admission = Admission(gallery, self._registry, EnrolmentSettings(near_copy=1.1), self._clock)
        refused: dict[str, list[bool]] = {"wrong": [], "alike": [], "right": []}
        for number, trial in enumerate(trials):
            for row in trial.there:
                admission.rehearse(str(number), self._portrait(row), replace(TERMS, is_overruled=True))
            for kind, found in refused.items():
                found += [self._is_refused(admission, str(number), row) for row in getattr(trial, kind)]
        shares = {kind: f"{np.mean(found):.2%}" for kind, found in refused.items()}
        wrong, right = len(refused["wrong"]), len(refused["right"])
        return (len(trials) // DRAWS, wrong, shares["wrong"], shares["alike"], right, shares["right"])

    def _is_refused(self, admission: Admission, name: str, row: int) -> bool:
        try:
            admission.check(name, self._portrait(row), TERMS)
        except EnrolmentRefused:
            return True
        return False

    def _portrait(self, row: int) -> Portrait:
        vector = self._people.vectors[row]
        return Portrait(vector, vector, float(self._people.qualities[row]), CROP, "")


if __name__ == "__main__":
    main()
