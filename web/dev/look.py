"""Opens every screen in Chromium, wide and narrow, light and dark: takes its picture and lets axe look for faults."""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
SCREENS = {
    "live": "/",
    "camera": "/cameras/garden",
    "people": "/people",
    "person": "/people/person-0001",
    "person-expression": "/people/person-0001#Apparent expression",
    "person-visits": "/people/person-0001#Visits",
    "person-consent": "/people/person-0001#Consent",
    "stranger": "/people/unknown-0008",
    "review": "/review",
    "enrol": "/enrol",
    "this-camera": "/this-camera",
    "timelines": "/timelines?person=person-0001",
    "analyze": "/analyze",
    "import": "/analyze#Import people from folders",
    "events": "/events",
    "settings": "/settings",
    "models": "/models",
    "model": "/models/yunet",
    "health": "/health",
    "privacy": "/privacy",
    "privacy-rights": "/privacy#Forget and export",
    "privacy-retention": "/privacy#Retention",
    "privacy-audit": "/privacy#Audit log",
    "account": "/account",
    "accounts": "/accounts",
    "not-found": "/nowhere",
}
VIEWS = {"wide": (1280, 860), "phone": (360, 760)}


def look(address: str, folder: Path, wanted: list[str]) -> int:
    faults = 0
    folder.mkdir(parents=True, exist_ok=True)
    args = ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=args)
        for view, (width, height) in VIEWS.items():
            for colours in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=colours, bypass_csp=False
                )
                page = context.new_page()
                page.on(
                    "console", lambda told: told.type in ("error", "warning") and print("   console:", told.text[:300])
                )
                page.on("pageerror", lambda error: print("   error:", str(error)[:300]))
                page.goto(address)
                page.wait_for_selector("form")
                faults += judged(page, folder, f"log-in-{view}-{colours}") if not wanted else 0
                page.get_by_label("Name").fill("admin")
                page.get_by_label("Password").fill("whatever it is")
                page.keyboard.press("Enter")
                page.wait_for_selector("main#main")
                for name, path in SCREENS.items():
                    if wanted and name not in wanted:
                        continue
                    where, _, tab = path.partition("#")
                    page.goto(address + where)
                    page.wait_for_selector("h1")
                    if tab:
                        page.get_by_role("tab", name=tab).click()
                    page.wait_for_timeout(900)
                    faults += judged(page, folder, f"{name}-{view}-{colours}")
                context.close()
        browser.close()
    return faults


def judged(page: Page, folder: Path, name: str) -> int:
    page.screenshot(path=folder / f"{name}.png", full_page=name.split("-")[0] not in ("live",))
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )["violations"]
    for one in found:
        print(name, one["impact"], one["id"], [node["html"][:160] for node in one["nodes"][:3]])
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        print(name, f"is {wide} px too wide")
    return len(found) + (wide > 0)


if __name__ == "__main__":
    sys.exit(1 if look(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]) else 0)
