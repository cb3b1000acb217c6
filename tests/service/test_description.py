"""Whatever is asked of whichever route there is: it is answered as it is described, and never by a failure."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks
from schemathesis.transport.serialization import Binary
from tests.support.house import Admin, Caller, House, Program

from mien.domain.errors import ModelUnavailable
from mien.service.access.table import API, OPEN, rule_of
from mien.service.problems import MEDIA_TYPE

CONFORMS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
SENT_ALONG = 0.5  # of what may be left out
FREE = settings(derandomize=True, database=None, deadline=None, phases=[Phase.generate])
MUCH = pytest.param(60, marks=[pytest.mark.exhaustive, pytest.mark.timeout(3600)])


@pytest.fixture(scope="module")
def pictures(catalog, weights) -> list[bytes]:
    """A face twice, half of its picture, and no picture; without the face where that cannot be had."""
    try:
        face = weights.path(catalog.card("astronaut")).read_bytes()
    except ModelUnavailable:
        return [b"no picture"]
    return [face, face, face[: len(face) // 2], b"no picture"]


class Fuzz:
    """Asks for what is described, in many ways, and remembers how it was answered, and what was wrong about that."""

    def __init__(self, house: House, caller: Caller, pictures: list[bytes]) -> None:
        self._house = house
        self._caller = caller
        self._pictures = pictures
        self._schema = schemathesis.openapi.from_asgi("/openapi.json", house.app)
        self._schema.config.phases.coverage.unexpected_methods = {"TRACE"}  # test_access asks by the others
        self._schema.config.phases.coverage.generate_duplicate_query_parameters = True
        self._files = {*_files(self._schema.raw_schema)}
        self.faults: dict[str, list[str]] = {}
        self.answers: dict[str, Counter[int]] = {}

    @property
    def operations(self) -> list:
        """Everything that is described."""
        return [found.ok() for found in self._schema.get_all_operations()]

    @property
    def successes(self) -> set[str]:
        """What was done at least once."""
        return {label for label, counted in self.answers.items() if any(status < 300 for status in counted)}

    def at_the_edges(self, operation) -> None:
        """Ask for all that the description ends at, and for what lies beyond."""
        generation = self._schema.config.generation_for(operation=operation)
        for case in self._schema.iter_coverage_cases(operation, generation_modes=MODES, generation_config=generation):
            self._ask(case)

    def by_chance(self, operation, examples: int) -> None:
        """Ask for what there is, where an operation asks for anything."""
        if operation.method != "get":
            self._house.stock()
        if not operation.body and not [*operation.iter_parameters()]:
            return

        @settings(FREE, max_examples=2 * examples if operation.body else examples, suppress_health_check=[*HealthCheck])
        @given(case=operation.as_strategy(), chance=st.integers(0, 1 << 32))
        def ask(case, chance: int) -> None:
            self._ask(self._knowing(case, Random(chance)))

        ask()

    def _knowing(self, case, chance: Random):
        """The same of what there is, with less of what may be left out."""
        pool, needed, place = self._house.pool, self._needed(case.operation), _place(case.operation)

        def some(fields):
            return {name: one for name, one in (fields or {}).items() if name in needed or chance.random() < SENT_ALONG}

        case.path_parameters = pool.fill(case.path_parameters or {}, chance, place, often=0.9)
        case.query, case.headers = pool.fill(some(case.query), chance, place), some(case.headers)
        if isinstance(case.body, dict):
            case.body = pool.fill(some(case.body), chance, place)
            for name in self._files & case.body.keys():
                case.body[name] = [Binary(chance.choice(self._pictures)) for _ in range(chance.randint(1, 2))]
        return case

    def _needed(self, operation) -> set[str]:
        """What is never left out of a request."""
        needed = {one.name for one in operation.iter_parameters() if one.is_required}
        for sent in operation.definition.raw.get("requestBody", {}).get("content", {}).values():
            for one in (sent["schema"], *sent["schema"].get("anyOf", ())):
                name = one.get("$ref", "").rpartition("/")[2]
                needed |= {*self._schema.raw_schema["components"]["schemas"].get(name, one).get("required", ())}
        return needed

    def _ask(self, case) -> None:
        """Send a request, and note what is wrong about its answer."""
        label = case.operation.label
        try:
            answer = case.call(headers=self._caller.headers())
            if answer.status_code in (401, 403) and self._caller.comes_back():
                answer = case.call(headers=self._caller.headers())
            self.answers.setdefault(label, Counter())[answer.status_code] += 1
            case.validate_response(answer, checks=CONFORMS)
            if answer.status_code != 503 or self._house.is_ready:
                case.validate_response(answer, checks=[not_a_server_error])
            if answer.content and answer.headers["content-type"] == ["application/json"]:
                self._house.pool.note(answer.json(), _place(case.operation))
        except FailureGroup as error:
            self.faults.setdefault(label, []).append(str(error))
        except Exception as error:  # what the application raises comes through
            self.faults.setdefault(label, []).append(f"{error!r} {getattr(error, '__notes__', '')}")


def _place(operation) -> str:
    """Where in the API something is: ids are told beside where they are asked for."""
    return operation.path.removeprefix(API).split("/")[1]


def _files(described) -> Iterator[str]:
    """Under which names files are sent."""
    if isinstance(described, dict):
        for name, one in described.get("properties", {}).items():
            if "contentMediaType" in (one.get("items", one) if isinstance(one, dict) else {}):
                yield name
    for one in described.values() if isinstance(described, dict) else described if isinstance(described, list) else ():
        yield from _files(one)


def told(faults: dict[str, list[str]]) -> str:
    return "\n\n".join(f"{label}, {len(found)} times, such as: {found[0][:2000]}" for label, found in faults.items())


@pytest.mark.parametrize("examples", [1, MUCH])
def test_an_admin_is_answered_as_it_is_described(house, pictures, examples):
    fuzz = Fuzz(house, Admin(house), pictures)
    for operation in fuzz.operations:
        fuzz.at_the_edges(operation)
        fuzz.by_chance(operation, examples)
    assert not fuzz.faults, told(fuzz.faults)
    if house.is_ready:
        assert len(fuzz.successes) > 0.65 * len(fuzz.answers), "most of what is asked for by chance can be done"


@pytest.mark.parametrize("examples", [1, MUCH])
def test_a_program_is_answered_as_it_is_described(house, pictures, examples):
    fuzz, opened = Fuzz(house, Program(house), pictures), 0
    for operation in fuzz.operations:
        rule = rule_of(operation.method.upper(), operation.path)
        if rule is not None and (rule == OPEN or rule.scope is not None):
            opened += 1
            fuzz.by_chance(operation, examples)
            assert 401 not in fuzz.answers.get(operation.label, ()) or rule == OPEN
            assert 403 not in fuzz.answers.get(operation.label, ()) or rule == OPEN, operation.label
    assert opened and not fuzz.faults, told(fuzz.faults)


def test_problems_are_described_wherever_there_may_be_some(house):
    for operation in Fuzz(house, Admin(house), []).operations:
        described = operation.definition.raw["responses"]
        assert MEDIA_TYPE in described["4XX"]["content"], operation.label
        assert MEDIA_TYPE in described.get("422", described["4XX"])["content"], "what is of the wrong shape is one, too"
