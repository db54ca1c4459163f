"""A page of the report, open in a real browser; what it asked for and complained of is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from patience import patience

CHROMIUM = Path("/usr/bin/chromium")

IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"Chromium is not at {CHROMIUM}"),
]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Opened:
    """A page that is open, with all that it asked for and complained of."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(patience(30) * 1000)
        expect.set_options(timeout=patience(5) * 1000)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss())[1])
        self.page.goto(file.as_uri())


def shows(page: Page, words: str | re.Pattern[str]) -> None:
    """How many findings match is said in these words, or will be: what a click leads to may come a moment later."""
    expect(page.locator("#matches")).to_have_text(words)
