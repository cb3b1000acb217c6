"""The command `mien`: its global options, its verbs, and how failures end."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from mien.cli import (
    accounts,
    analyze,
    compare,
    config,
    demo,
    evaluate,
    identify,
    lab,
    lbph,
    models,
    people,
    privacy,
    review,
    serve,
)
from mien.cli.history.report import report
from mien.cli.options import with_liveness_named
from mien.cli.terminal import (
    INTERRUPTED,
    ConfigOption,
    Invocation,
    JsonOption,
    invocation,
    print_json,
    print_text,
)
from mien.cli.watch.command import watch
from mien.cli.watch.window import window
from mien.domain.errors import MienError, UsageError
from mien.telemetry.logs import LEVELS, set_up_logs

FAILED, USAGE, TERMINATED = 1, 2, 143

app = typer.Typer(
    name="mien",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The faces in pictures, videos and cameras: who they are, which expression they appear to show, and how "
    "good the picture of each is.",
    epilog="People, history and mien.yaml lie in **MIEN_HOME** (on Linux ~/.local/share/mien), models in "
    "**MIEN_CACHE** (~/.cache/mien). Every setting of mien.yaml can be overridden: **MIEN_DETECTION__MIN_SCORE=0.7**.",
)
_LOOK, _PEOPLE, _MEASURE, _SET_UP = "Look", "People", "Measure and make", "Set up"
app.command("analyze", rich_help_panel=_LOOK)(analyze.analyze)
app.command("watch", rich_help_panel=_LOOK)(watch)
app.command("window", rich_help_panel=_LOOK)(window)
app.command("serve", rich_help_panel=_LOOK)(serve.serve)
app.command("demo", rich_help_panel=_LOOK)(demo.demo)
app.command("identify", rich_help_panel=_PEOPLE)(identify.identify)
app.command("compare", rich_help_panel=_PEOPLE)(compare.compare)
app.command("report", rich_help_panel=_PEOPLE)(report)
app.add_typer(people.app, name="people", rich_help_panel=_PEOPLE)
app.add_typer(review.app, name="review", rich_help_panel=_PEOPLE)
app.add_typer(privacy.app, name="privacy", rich_help_panel=_PEOPLE)
app.add_typer(lbph.app, name="lbph", rich_help_panel=_PEOPLE)
app.add_typer(evaluate.app, name="evaluate", rich_help_panel=_MEASURE)
app.add_typer(lab.app, name="lab", rich_help_panel=_MEASURE)
app.add_typer(models.app, name="models", rich_help_panel=_SET_UP)
app.add_typer(accounts.app, name="accounts", rich_help_panel=_SET_UP)
app.add_typer(config.app, name="config", rich_help_panel=_SET_UP)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        _version()
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    config: ConfigOption = None,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, metavar="", show_default=False, help="Say more; twice for everything."
        ),
    ] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", metavar="", help="Say nothing but results and failures.")
    ] = False,
    version: Annotated[  # noqa: ARG001  its callback answers
        bool, typer.Option("--version", metavar="", is_eager=True, callback=_show_version, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", metavar="", help="Show the traceback of a failure.")] = False,
) -> None:
    call = invocation(context)
    call.config, call.is_quiet, call.is_debug = config, quiet, debug
    set_up_logs(_log_level(verbose, quiet), call.redactor)
    if context.invoked_subcommand is None:
        print_text(context.get_help())


@app.command("version", rich_help_panel=_SET_UP)
def _version(json: JsonOption = False) -> None:
    """Print the version."""
    from mien import __version__

    if json:
        print_json({"version": __version__})
    else:
        print_text(f"mien {__version__}")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process: 0 ok, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")  # a file name need not be valid text
    signal.signal(signal.SIGTERM, _terminate)
    call = Invocation()
    typed = sys.argv[1:] if arguments is None else arguments
    call.keep_secret(typed)
    try:
        app(args=with_liveness_named(typed), prog_name="mien", obj=call)
    except Exception as error:
        code = _fail(call, error)
        _drop_unwritten()
        sys.exit(code)
    except KeyboardInterrupt:  # another Ctrl-C, while the first one was being answered
        sys.exit(INTERRUPTED)
    finally:
        if callable(signal.getsignal(signal.SIGINT)):  # nobody has shut it out
            signal.signal(signal.SIGINT, _leave)
    sys.exit(0)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind instead of dying on the spot, so that nothing half-written stays."""
    sys.exit(TERMINATED)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """End on the spot: everything is closed, and whoever waits for threads in vain has nothing to say of it."""
    os._exit(INTERRUPTED)


def _drop_unwritten() -> None:
    """Let go of what stdout still holds and cannot write: Python would try again at the end, and fail aloud."""
    try:
        sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())


def _log_level(verbose: int, quiet: bool) -> int:
    if quiet:
        return LEVELS["error"]
    if verbose:
        return LEVELS["info"] if verbose == 1 else LEVELS["debug"]
    wanted = os.environ.get("MIEN_LOG", "warning")
    if wanted.lower() not in LEVELS:
        raise UsageError(f"MIEN_LOG: expected {', '.join(LEVELS)}, got {wanted!r}")
    return LEVELS[wanted.lower()]


def _fail(call: Invocation, error: Exception) -> int:
    """Say in one line what happened, and return the exit code."""
    if call.is_debug:
        sys.stderr.write(call.redactor.redact("".join(traceback.format_exception(error))))
    if isinstance(error, MienError):
        call.failure(str(error))
        return USAGE if isinstance(error, UsageError) else FAILED
    if isinstance(error, OSError):
        subject = f"{error.filename}: " if error.filename else ""
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        call.failure(f"{subject}{reason}")
    elif isinstance(error, MemoryError):
        call.failure("there is not enough memory for this")
    else:
        call.failure(f"this should not have happened ({type(error).__name__}: {error}); --debug shows where")
    return FAILED
