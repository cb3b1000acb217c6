"""Asking at the terminal who is to be enrolled, and what they consent to, before the camera looks at anybody."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import typer

from mien.cli.terminal import Invocation
from mien.domain.errors import GalleryError, UsageError

if TYPE_CHECKING:
    from mien.domain.people.consent import Scope
    from mien.settings import Settings

Given = tuple[str | None, str, str, str | None]
"""What options told of consent: the uses, the evidence, the version of the text, and the day on which it ends."""

_USES: "Mapping[Scope, str]" = {
    "identify": "Do you want to be recognised by your face?",
    "expression": "May your apparent expression be read and kept over time?",
    "keep": "May pictures of your face be kept?",
}


def asked_at_terminal(call: Invocation, settings: "Settings", given: Given, plan: str) -> tuple[str, Given]:
    """A tidy name, and what is consented to: asked for as far as options do not tell it.

    ``plan`` is what will be done with whoever answers. What somebody who is enrolled already agreed to stands. Raises
    UsageError where there is no terminal, EnrolmentRefused where somebody does not want to be recognised,
    KeyboardInterrupt or typer.Abort where it is given up.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "nobody can be asked for a name, for this is no terminal: mien people enrol NAME --camera CAMERA"
        )
    with _giving_up(call):
        name, is_on_record = _asked_name(call, settings)
        call.notice(plan)
        if given[0] is None and not is_on_record:
            given = _asked_consent(call, settings, given)
    return name, given


@contextmanager
def _giving_up(call: Invocation) -> Iterator[None]:
    """Say that nothing was kept where somebody ends it, as by Ctrl-C."""
    try:
        yield
    except (typer.Abort, KeyboardInterrupt):
        call.notice("\nnothing was kept")
        raise


def _asked_name(call: Invocation, settings: "Settings") -> tuple[str, bool]:
    """A tidy name, and whether it is somebody's who is to be added to and of whom consent is on record."""
    from mien.gallery.names import called, full_name
    from mien.wiring.stores import build_stores, has_people

    with ExitStack() as stack:
        stores = build_stores(settings, stack) if has_people(settings) else None
        while True:
            first, last = _asked("First name"), _asked("Last name (may stay empty)")
            try:
                name = full_name(first, last)
            except GalleryError as error:
                call.failure(str(error))
                continue
            person = stores.people.named(name) if stores else None
            if stores is None or person is None:
                return name, False
            if _is_so(f"{called(person)} is enrolled already. Is it the same person?"):
                return name, bool(stores.consents.of(person.person_id))


def _asked_consent(call: Invocation, settings: "Settings", given: Given) -> Given:
    """What somebody agrees to who reads the text of the home, and what proves it where the purpose asks for that."""
    from mien.privacy.asking import ConsentQuestions

    questions = ConsentQuestions.of(settings.privacy, settings.service.consent_text)
    _, evidence, version, expires = given
    call.notice(f"\n{questions.own.text}\n")
    agreed: list[Scope] = []
    for scope in questions.scopes:
        if _is_so(_USES[scope]):
            agreed.append(scope)
        questions.check_uses(frozenset(agreed))  # whoever says no to the first is asked no more
    while questions.lacks_proof(evidence):
        evidence = _asked("What proves that they agreed, such as form 17")
    return ",".join(agreed), evidence, version or questions.own.version, expires


def _is_so(question: str) -> bool:
    """Whether somebody says yes; they are asked again until it is yes or no, and no is what nothing typed means."""
    while (answer := _asked(f"{question} [y/N]").strip().casefold()) not in ("", "y", "yes", "n", "no"):
        pass
    return answer in ("y", "yes")


def _asked(what: str) -> str:
    """The line that is typed; raises typer.Abort where there is none to come, UsageError where it is no text.

    Stdout is left to results: what asks there by way of Python's own ``input`` leaves blanks in it.
    """
    sys.stderr.write(f"{what}: ")
    sys.stderr.flush()
    try:
        line = sys.stdin.readline()
    except UnicodeError as error:
        raise UsageError("what is typed is to be text in UTF-8") from error
    if not line:
        raise typer.Abort
    return line.rstrip("\r\n")
