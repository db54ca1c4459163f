"""One project in every format, as a person has looked at it; and no secret of it in any of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from golden_files import assert_golden
from sample_project import CANARY, TEXT, project

from dockworthy import __version__
from dockworthy.model.result import Result
from dockworthy.report.annotations import render_github
from dockworthy.report.code_quality import render_gitlab
from dockworthy.report.comment import render_comment
from dockworthy.report.html import render_html
from dockworthy.report.junit import junit_parts
from dockworthy.report.sarif import render_sarif
from dockworthy.report.terminal import render_terminal
from examples import render_json


def pretty(document: bytes) -> str:
    return json.dumps(json.loads(document), indent=1, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Result], str]] = {
    "project.txt": render_terminal,
    "project-verbose.txt": lambda result: render_terminal(result, verbose=True),
    "project.json": lambda result: pretty(render_json(result)),
    "project.sarif": lambda result: pretty(render_sarif(result)),
    "project-problems.sarif": lambda result: pretty(render_sarif(result, everything=False)),
    "project.junit.xml": lambda result: b"".join(junit_parts(result)).decode(),
    "project.github.txt": render_github,
    "project.gitlab.json": lambda result: render_gitlab(result).decode(),
    "project.md": lambda result: render_comment(result, links="https://example.com/shop/blob/c0ffee/"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_as_a_person_has_seen_it(name: str) -> None:
    assert_golden(name, FORMATS[name](project()).replace(__version__, "VERSION"))


@pytest.mark.parametrize("name", [*FORMATS, "page.html"])
def test_no_secret_in_it(name: str) -> None:
    assert CANARY in TEXT
    text = {**FORMATS, "page.html": lambda result: render_html(result).decode()}[name](project())
    assert len(text) > 500
    assert CANARY not in text


@pytest.mark.parametrize("name", [name for name in FORMATS if "github" not in name and "gitlab" not in name])
def test_what_failed_before_is_named_where_it_is_shown(name: str) -> None:
    text = FORMATS[name](project())
    assert "old.json" in text or '"unchanged"' in text
