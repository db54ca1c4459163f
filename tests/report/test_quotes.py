"""A line with a caret under the value, in the room that there is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from sample_project import FILE, at, of, project
from samples import PRIVILEGED

from dockworthy.model.finding import Outcome
from dockworthy.report.quotes import Quote, quote_of
from dockworthy.report.terminal import render_terminal


def quote(text: str, column: int | None, width: int = 68) -> Quote | None:
    one = of("web", PRIVILEGED, Outcome.FAIL, "so", at(4, "x", column))
    return quote_of(msgspec.structs.replace(project(), findings=(one,), lines={FILE: {4: text}}), one, width)


def underlined(text: str, column: int, width: int = 68) -> str:
    shown = quote(text, column, width)
    assert shown is not None
    assert cell_len(shown.text) == len(shown.text), "no wide letters here"
    return shown.text[shown.before : shown.before + shown.under]


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("    privileged: true", 17, "true"),
        ("    privileged: true  # it needs a device", 17, "true"),
        ("    image: 'a b, c'", 12, "'a b, c'"),
        ('    image: "a \\"b\\" c" ', 12, '"a \\"b\\" c"'),
        ("    cap_add: [SYS_ADMIN, NET_RAW]", 15, "SYS_ADMIN"),
        ("    cap_add: [SYS_ADMIN, NET_RAW]", 14, "["),
        ("      - A=two words", 9, "A=two words"),
        ("  web: {privileged: true}", 21, "true"),
        ("  web:", 3, "web"),
        ("\t\tweb: true", 8, "true"),
    ],
)
def test_the_value_is_underlined(text: str, column: int, value: str) -> None:
    if text.strip() == "web:":
        assert quote(text, column) is None  # a key shows nothing that the fact does not say
    else:
        assert underlined(text, column) == value


def test_a_long_line_is_cut_around_the_value() -> None:
    text = "command: " + "x" * 500 + " here " + "y" * 500
    shown = quote("a: [" + "1, " * 200 + "666, " + "2, " * 200 + "]", 605, 40)
    assert shown is not None
    assert shown.text[shown.before : shown.before + shown.under] == "666"
    assert cell_len(shown.text) <= 40
    assert shown.text.startswith("...") and shown.text.endswith("...")
    whole = quote(text, 10, 40)
    assert whole is not None and whole.text.startswith("command: xxx") and cell_len(whole.text) <= 40


def test_wide_letters_take_two_columns() -> None:
    shown = quote("  名前: {a: true}", 11)
    assert shown is not None
    assert (shown.before, shown.under) == (cell_len("  名前: {a: "), 4)


@pytest.mark.parametrize("column", [None, 0, 99])
def test_no_caret_without_a_column(column: int | None) -> None:
    shown = quote("    privileged: true", column)
    assert shown is not None and shown.under == 0 and shown.caret == ""


def test_what_would_steer_a_terminal_is_written_out() -> None:
    shown = quote("a: \x1b[2J\u202eb", 4)
    assert shown is not None and shown.text == "a: \\x1b[2J\\u202eb"


@given(st.text(max_size=300), st.integers(-1, 320), st.integers(0, 120))
def test_it_always_fits(text: str, column: int, width: int) -> None:
    shown = quote(text, column, width)
    if shown is not None:
        assert shown.text.isprintable()
        assert cell_len(shown.text) <= max(width, 20)
        assert shown.before + shown.under <= max(cell_len(shown.text), shown.before + 1)


def test_on_the_terminal_the_caret_stands_under_the_value() -> None:
    lines = render_terminal(project(), verbose=True).splitlines()
    line = next(n for n, text in enumerate(lines) if text.endswith("|     privileged: true"))
    start = lines[line + 1].index("^")
    assert lines[line][start:] == "true"
    assert lines[line + 1][start:] == "^^^^"


def test_forty_findings_are_seen_as_a_whole() -> None:
    """Every service in one line, every control in one entry, and of what is the same one sentence."""
    many = tuple(
        of(f"s{n}", {**PRIVILEGED, "control": f"a/{c}"}, Outcome.FAIL, "its memory is not limited", at(4 + n, "x"))
        for n in range(10)
        for c in range(4)
    )
    text = render_terminal(msgspec.structs.replace(project(), findings=many, lines={}, known=(), notes=(), unread=()))
    assert all(f"  s{number}\n" in text for number in range(10))
    assert text.count("compose.yaml:4 10 services are privileged: s0, s1") == 4
    assert len(text.splitlines()) < 50
