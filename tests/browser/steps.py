"""What several tests do in the app: open it, get in, get about."""

import re

from playwright.sync_api import Browser, Locator, Page, expect
from tests.support.deployed import Deployed

ADMIN, PASSWORD = "Ada", "a long enough one"
PATIENCE_MS = 20_000
_MOST_TABS = 80


def opened(browser: Browser, at: Deployed, *scripts: str, **options: object) -> Page:
    """A browser of somebody, who has nothing to do with the others, at the first page."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    for script in scripts:
        context.add_init_script(script)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(at.address)
    return page


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    """The screen of this name is there."""
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def set_up(page: Page, token: str) -> None:
    """Make the first admin, who is logged in by that."""
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    heading(page, "Live")


def log_out(page: Page) -> None:
    """Back to the way in."""
    page.get_by_role("button", name="Log out").click()
    heading(page, "Log in")


def at_log_in(browser: Browser, at: Deployed) -> Page:
    """A browser in which one may log in, whatever was done before."""
    page = opened(browser, at)
    if page.request.get(f"{at.address}/api/v1/setup").json()["needed"]:
        set_up(page, at.token)
        log_out(page)
    heading(page, "Log in")
    return page


def log_in(page: Page, name: str = ADMIN) -> None:
    """By name and password."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    heading(page, "Live")


def go(page: Page, place: str) -> None:
    """To a screen by the navigation."""
    page.get_by_role("navigation", name="All screens").get_by_role("link", name=place, exact=True).click()
    heading(page, place)


def settle(page: Page) -> None:
    """Wait until what a screen asks the service for is there."""
    expect(page.locator("#main h1, .entrance h1")).to_be_visible()
    expect(page.locator(".waiting")).to_have_count(0)


def tab_to(page: Page, name: str, *, backwards: bool = False) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if _called(page.locator(":focus")) == name:
            return
    raise AssertionError(f"{_MOST_TABS} times Tab do not reach {name}")


def _called(focused: Locator) -> str:
    if not focused.count():
        return ""
    words = focused.get_attribute("aria-label") or focused.text_content() or ""
    return " ".join(words.split())
