"""Chromium for tests in a real browser: where it is, how it is opened, and what is said where there is none."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright
from tests.support.install_debian import NAMES

NONE_HERE = "no Chromium here: make browsers installs it"
_QUIET = (
    "--no-sandbox",  # none can be had by the root of a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",  # whoever asks for the camera gets it
)


def chromium(playwright: Playwright) -> str | None:
    """The program: of MIEN_CHROMIUM, else on the path, else Playwright's own; none where none is there."""
    named = os.environ.get("MIEN_CHROMIUM", "")
    own = playwright.chromium.executable_path
    found = (named, *(shutil.which(name) or "" for name in NAMES), own)
    return next((place for place in found if place and Path(place).is_file()), None)


def webcam_flags(film: Path) -> tuple[str, ...]:
    """Flags by which the browser has one webcam that shows a film of JPEGs over and over, read anew at each start."""
    return ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")


@contextmanager
def browsing(flags: Sequence[str] = ()) -> Iterator[Browser | None]:
    """A browser without a window; none where there is no Chromium."""
    with sync_playwright() as playwright:
        program = chromium(playwright)
        if program is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *flags])
        try:
            yield browser
        finally:
            browser.close()
