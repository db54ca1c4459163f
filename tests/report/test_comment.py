"""A comment for a pull request: short enough whatever was found, and nothing in it breaks out of its place."""

from __future__ import annotations

import html
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_project import FILE, at, of, project
from samples import PRIVILEGED, checked

from dockworthy.model.finding import Outcome
from dockworthy.model.result import Result
from dockworthy.report.comment import MOST_BYTES, render_comment

pytestmark = pytest.mark.slow

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {"p", "code", "pre", "ul", "li", "h1", "h2", "strong", "table", "thead", "tbody", "tr", "th", "td", "a"}
FOLDED = {"details", "summary", "b"}


def text_of(markdown: str) -> str:
    """What a reader sees, tags left out; fails where anything but our own tags is there."""
    rendered = GITHUB.render(markdown)
    tags = set(re.findall(r"</?\s*([a-z0-9]+)", re.sub(r"<!--.*?-->", "", rendered, flags=re.S), flags=re.I))
    assert tags <= OURS | FOLDED
    return html.unescape(re.sub(r"<[^>]+>", "", rendered))


def many(number: int, says: str = "privileged: true") -> Result:
    found = [
        of(f"web-{n}", {**PRIVILEGED, "control": f"a/{n % 300}"}, Outcome.FAIL, says, at(4, "x")) for n in range(number)
    ]
    return msgspec.structs.replace(project(), findings=tuple(found))


def test_a_line_is_a_link_in_the_repository() -> None:
    assert "[`compose.yaml:4`](compose.yaml#L4)" in render_comment(project())
    text = render_comment(project(), links="https://example.com/shop/blob/c0ffee/")
    assert "(https://example.com/shop/blob/c0ffee/compose.yaml#L4)" in text


def test_a_name_is_escaped_in_a_link() -> None:
    file = "a b](x)/c#d.yaml"
    one = of("web", PRIVILEGED, Outcome.FAIL, "so", msgspec.structs.replace(at(4, "x"), where=file))
    text = render_comment(msgspec.structs.replace(project(), findings=(one,), lines={file: {4: "a: b"}}))
    rendered = GITHUB.render(text)
    assert re.findall(r'<a href="([^"]+)"', rendered) == ["a%20b%5D%28x%29/c%23d.yaml#L4"]


def test_each_control_is_folded_and_what_is_critical_stands_open() -> None:
    text = render_comment(project())
    assert text.count("<details open>") == 1
    assert text.count("<details") == text.count("</details>") == 5
    shown = text_of(text)
    assert "critical: 1 service is privileged: web (1 finding)" in shown
    assert "not parsed" not in shown and "**" not in shown.split("What might break")[0]


@pytest.mark.parametrize(("number", "says"), [(5000, "so"), (5000, "x" * 5000), (50, "港" * 5000), (5000, "`" * 400)])
def test_it_is_never_too_long(number: int, says: str) -> None:
    result = many(number, says)
    result = msgspec.structs.replace(
        result,
        notes=(says,) * 50,
        unread=((says, says),) * 50,
        verdict=msgspec.structs.replace(result.verdict, because=(says,) * 50),
    )
    text = render_comment(result)
    assert len(text.encode()) <= MOST_BYTES < 65_536
    text_of(text)


def test_what_finds_no_room_is_counted() -> None:
    text = render_comment(many(5000))
    shown = text.count("<summary><b>")
    (controls, findings) = re.findall(r"no room here for ([\d,]+) controls with ([\d,]+) findings", text)[0]
    assert shown + int(controls) == 300
    assert 0 < int(findings.replace(",", "")) < 5000
    assert text.count("<details") == text.count("</details>")


def test_verbose_is_all_of_it() -> None:
    text = render_comment(many(5000), verbose=True)
    assert "no room" not in text
    assert all(f"`web-{number}`" in text for number in range(5000))


def test_a_service_without_what_it_should_say_is_not_quoted() -> None:
    assert "  web:\n" not in render_comment(project())


EVIL = ["<script>alert(1)</script>", "</details>", "</summary>", "a`b``c", "[x](javascript:alert(1))", "line\n\n# next"]


@pytest.mark.parametrize("name", EVIL)
def test_hostile_names(name: str) -> None:
    titled = {**PRIVILEGED, "title": name}
    one = of(name, titled, Outcome.FAIL, name, at(4, name))
    result = msgspec.structs.replace(project(), findings=(one,), lines={FILE: {4: f"a: {name}"}}, notes=(name,))
    text = render_comment(result)
    rendered = GITHUB.render(text)
    assert "<script" not in rendered and 'javascript:alert(1)"' not in rendered
    assert text.count("<details") == rendered.count("<details") == rendered.count("</details>")
    text_of(text)


@given(st.text())
def test_whatever_a_name_holds(name: str) -> None:
    one = of(name, {**PRIVILEGED, "title": name}, Outcome.FAIL, name, at(4, name))
    result = msgspec.structs.replace(checked(), findings=(one, one), lines={FILE: {4: name}}, unread=((name, name),))
    text_of(render_comment(result))
