"""Takes the pictures of the app that the documentation shows: every screen over the demo, whose faces are free.

    python -m tests.browser.screenshots [FOLDER]

writes one picture per screen, light and wide, and of some also one in dark colours and one of a phone.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import cv2
import numpy as np
from playwright.sync_api import Page, ViewportSize, expect
from tests.browser.steps import go, heading, log_in, log_out, opened, set_up, settle
from tests.support.actor import write_film
from tests.support.chromium import NONE_HERE, browsing, webcam_flags
from tests.support.deployed import Deployed, deployed
from tests.support.footage import man
from tests.support.screens import WEB, addresses, demo_examples

from mien.demo import PERSON, PORTRAIT
from mien.inference.catalog import load_catalog
from mien.inference.weights import WeightStore

Prepared = Mapping[str, Callable[[Page], None]]
FOLDER = WEB.parent / "docs" / "images" / "app"
WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
NAMES = {"/": "live", "/cameras/$name": "camera", "/people/$personId": "person", "/models/$name": "model"}
IN_DARK = ("live", "person", "timelines")
ON_PHONE = ("live", "review", "timelines", "people")
WATCHED_S = 150.0  # until there is something to see in a timeline
QUALITY = 82
DRIVER = "The driver"
MODELS_MS = 90_000  # until those that only a challenge needs are loaded


def main(folder: Path) -> int:
    """Take them all; 1 where there is no Chromium, or a screen has failed."""
    weights = WeightStore.from_environment(os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work:
        film = write_film(Path(work) / "film.mjpeg", man(weights))
        with deployed(Path(work) / "demo", "--demo") as demo, browsing(webcam_flags(film)) as browser:
            if browser is None:
                print(NONE_HERE)
                return 1
            page = opened(browser, demo, viewport=WIDE, color_scheme="light", reduced_motion="reduce")
            began_s = monotonic()
            _entrance(page, demo, folder)
            examples = demo_examples(page)
            page.wait_for_timeout(1000 * max(0.0, began_s + WATCHED_S - monotonic()))
            portrait = weights.path(load_catalog().card(PORTRAIT))
            failed = _screens(page, demo, folder, examples, _prepared(portrait))
    print(*failed, sep="\n")
    return 1 if failed else 0


def _entrance(page: Page, demo: Deployed, folder: Path) -> None:
    heading(page, "Welcome to mien")
    _take(page, folder, "set-up")
    set_up(page, demo.token)
    log_out(page)
    _take(page, folder, "log-in")
    page.get_by_role("button", name="Sign up").click()
    settle(page)
    _take(page, folder, "sign-up")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="With my face").click()
    page.get_by_role("button", name="Show my face").click()
    expect(page.get_by_text("Look straight into the camera")).to_be_visible(timeout=MODELS_MS)
    page.wait_for_timeout(400)
    _take(page, folder, "log-in-by-face")
    page.get_by_role("button", name="With a password").click()
    log_in(page)


def _screens(page: Page, demo: Deployed, folder: Path, examples: Mapping[str, str], prepared: Prepared) -> list[str]:
    """Take every screen; says which could not be taken."""
    failed: list[str] = []
    for route, address in addresses(examples).items():
        name = NAMES.get(route, route.removeprefix("/"))
        page.goto(demo.address + address)
        settle(page)
        prepared.get(name, _as_it_is)(page)
        if told := page.locator(".notice.danger").all_inner_texts():
            failed.append(f"{name} is left out, it says: {' '.join(told)}")
            continue
        _take(page, folder, name)
        if name in IN_DARK:
            page.emulate_media(color_scheme="dark")
            _take(page, folder, f"{name}-dark")
            page.emulate_media(color_scheme="light")
        if name in ON_PHONE:
            page.set_viewport_size(PHONE)
            _take(page, folder, f"{name}-phone")
            page.set_viewport_size(WIDE)
    return failed


def _prepared(portrait: Path) -> Prepared:
    """What is done on a screen before its picture is taken."""

    def watch(page: Page) -> None:
        page.wait_for_timeout(4_000)

    def start(page: Page) -> None:
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("region", name="In view").get_by_text("unknown-")).to_be_visible()

    def upload(page: Page) -> None:
        page.locator("input[type=file]").first.set_input_files(portrait)
        page.get_by_role("button", name="Find faces").click()
        page.wait_for_timeout(3_000)

    def expression(page: Page) -> None:
        page.get_by_role("tab", name="Apparent expression").click()
        settle(page)

    def begin(page: Page) -> None:
        page.get_by_label("Name").fill("Ada Lovelace")
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_label("What proves it")).to_be_visible()

    watched = {"live": watch, "camera": watch, "this-camera": start}
    handled = {"history": _ignore_and_undo, "timelines": _compare}
    return {**watched, **handled, "analyze": upload, "person": expression, "enrol": begin}


def _ignore_and_undo(page: Page) -> None:
    """Have something done to people, and taken back."""
    go(page, "Review")
    page.get_by_role("button", name="Ignore").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    page.get_by_role("button", name="Close message").first.click()
    go(page, "History")
    settle(page)


def _compare(page: Page) -> None:
    """Have the stranger be somebody, too, and show both."""
    go(page, "Review")
    page.get_by_role("button", name="New person").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(DRIVER)
    for box in page.get_by_role("dialog").get_by_role("checkbox").all():
        box.check(force=True)
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Close message").first.click()
    go(page, "Timelines")
    for name in (PERSON, DRIVER):
        page.get_by_role("combobox").first.fill(name)
        page.get_by_role("option").filter(has_text=name).first.click()
        settle(page)


def _as_it_is(page: Page) -> None:
    pass


def _take(page: Page, folder: Path, name: str) -> None:
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_timeout(600)  # pictures arrive, charts follow the width
    taken = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    encoded = cv2.imencode(".webp", taken, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1]
    (folder / f"{name}.webp").write_bytes(encoded.tobytes())
    print(f"{name}.webp, {len(encoded) / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
