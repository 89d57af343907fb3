"""Pages in a real browser: Chromium without a network, files only."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@dataclass
class Watched:
    """A page and what must stay empty: errors it told of, requests beyond its own file, messages of payloads."""

    page: object
    errors: list = field(default_factory=list)
    requests: list = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium():
    """The browser. Its absence fails in one sentence: a test that is skipped is a test that nobody runs."""
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is missing: install it (Debian or Ubuntu: sudo apt install chromium), then run this again.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, tmp_path):
    """visit(text, size="desktop", scale=1, before=None) opens a page from a file, and watches it from before it loads."""
    contexts = []

    def open_page(text: str, size: str = "desktop", scale: float = 1, before: str | None = None, anchor: str = "") -> Watched:
        file = Path(tmp_path) / f"page-{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(viewport=SIZES[size], device_scale_factor=scale, has_touch=size == "phone", offline=True)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.set_default_timeout(10_000)
        watched.page.on("console", lambda m: watched.errors.append(m.text) if m.type in ("error", "warning") else None)
        watched.page.on("pageerror", lambda e: watched.errors.append(str(e)))
        watched.page.on("dialog", lambda d: (watched.errors.append(f"dialog: {d.message}"), d.dismiss()))
        own = file.as_uri()
        watched.page.on("request", lambda r: None if r.url.startswith((own, "data:image/png")) else watched.requests.append(r.url))
        if before:
            watched.page.add_init_script(before)
        watched.page.goto(own + anchor)
        return watched

    yield open_page
    for context in contexts:
        context.close()
