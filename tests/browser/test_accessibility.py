"""axe finds no serious fault on any screen of the app, light and wide, dark and narrow."""

from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.browser.steps import heading, log_in, log_out, opened, set_up, settle
from tests.support.deployed import Deployed, deployed
from tests.support.screens import WEB, addresses, demo_examples

Looks = Sequence[tuple[Literal["light", "dark"], ViewportSize]]
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
LOOKS: Looks = (("light", WIDE), ("dark", NARROW))  # contrast is of colours, and what overflows is of the width
DIALOGS = {
    "/accounts": "New account",
    "/people/$personId": "Rename",
    "/review": "New person",
}
"""What opens a dialog, by screen."""
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const grave = violations.filter((one) => one.impact === "serious" || one.impact === "critical");
  return grave.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(" ")}: ${node.failureSummary}`));
}"""


@pytest.fixture(scope="module")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """What `make run` opens: two cameras, somebody who is known, a stranger."""
    if not AXE.is_file():
        pytest.skip("axe is not here: make app installs it")
    with deployed(tmp_path_factory.mktemp("demo"), "--demo") as running:
        yield running


def faults(page: Page, where: str) -> list[str]:
    """What axe finds on the page as it is, in every look."""
    told = []
    for colours, size in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        told += [f"{where}, {colours}, {size['width']} px: {one}" for one in page.evaluate(RUN)]
    page.set_viewport_size(WIDE)
    return told


@pytest.mark.timeout(300)
def test_no_screen_has_a_serious_fault(browser: Browser, demo: Deployed) -> None:
    page = opened(browser, demo)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: "Content Security Policy" in said.text and broken.append(said.text))
    found = on_the_way_in(page, demo)
    for route, address in addresses(demo_examples(page)).items():
        page.goto(demo.address + address)
        settle(page)
        assert not page.get_by_text("There is nothing at this address").count(), route
        found += [f"{route} says: {one}" for one in page.locator(".notice.danger").all_inner_texts()]
        found += faults(page, route)
        for place in range(1, page.get_by_role("tab").count()):
            page.get_by_role("tab").nth(place).click()
            settle(page)
            found += faults(page, f"{route}, tab {place + 1}")
        if route in DIALOGS:
            page.goto(demo.address + address)
            page.get_by_role("button", name=DIALOGS[route]).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            found += faults(page, f"{route}, {DIALOGS[route]}")
    assert not found, "\n".join(found)
    assert not broken, "\n".join(broken)


def on_the_way_in(page: Page, demo: Deployed) -> list[str]:
    """What is found before somebody is logged in, which they are in the end."""
    heading(page, "Welcome to mien")
    found = faults(page, "set-up")
    set_up(page, demo.token)
    log_out(page)
    found += faults(page, "log-in")
    page.get_by_role("button", name="With my face").click()
    settle(page)
    found += faults(page, "log-in by face")
    page.get_by_role("button", name="With a password").click()
    page.get_by_role("button", name="Sign up").click()
    settle(page)
    found += faults(page, "sign-up")
    page.get_by_role("button", name="Back").click()
    log_in(page)
    return found


def test_what_is_wrong_is_found(browser: Browser, demo: Deployed) -> None:
    page = opened(browser, demo)
    expect(page.locator("form")).to_be_visible()
    page.evaluate("""() => {
      const text = Object.assign(document.createElement("p"), { textContent: "hardly to be read" });
      text.style.color = "#bbb";
      text.style.background = "#fff";
      document.querySelector("main").append(text, document.createElement("img"));
    }""")
    found = faults(page, "here")
    assert {one.split(": ")[1].split(" ")[0] for one in found} == {"color-contrast", "image-alt"}
