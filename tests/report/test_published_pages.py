"""The pages in docs are those that the controls make."""

from __future__ import annotations

from pathlib import Path

from dockworthy.controls.registry import all_controls
from dockworthy.report.pages import stale_pages

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_pages_are_current() -> None:
    stale = stale_pages(DOCS, all_controls().values())
    assert stale == [], "write them again: .venv/bin/python -m dockworthy.cli.reference docs"
