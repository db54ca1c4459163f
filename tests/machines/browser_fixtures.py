"""Fixtures: a browser, and pages of the report in it. Playwright is imported by those alone that need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from patience import patience

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from dockworthy.model.fleet import FleetResult
    from dockworthy.model.result import Result


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole run: its event loop stands in the way of tests that have one of their own."""
    from in_browser import CHROMIUM, FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, timeout=patience(60) * 1000)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """`opened(result)` is its page; what is open asked for nothing but files, and complained of nothing."""
    from in_browser import Opened

    from dockworthy.model.result import Result
    from dockworthy.report.html import render_fleet_html, render_html

    contexts: list[BrowserContext] = []
    pages: list[Opened] = []

    def open_(result: Result | FleetResult, **settings: Any) -> Page:
        file = tmp_path / "page.html"
        file.write_bytes(render_html(result) if isinstance(result, Result) else render_fleet_html(result))
        contexts.append(browser.new_context(**settings))
        pages.append(Opened(contexts[-1], file))
        return pages[-1].page

    yield open_
    for page in pages:
        assert all(url.startswith("file://") for url in page.asked), page.asked
        assert page.complaints == []
    for context in contexts:
        context.close()
