"""Wrapping, clipping and writing out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dockworthy.report.sheet import Sheet, wrap
from dockworthy.report.visible import short, visible, without_odd_bytes
from dockworthy.report.words import as_many_as_fit, some_of


@given(st.text(max_size=300), st.integers(min_value=4, max_value=60))
def test_lines_fit_and_lose_no_letter(text: str, width: int) -> None:
    shown = visible(text)
    lines = list(wrap(shown, width))
    assert lines
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


@given(st.text(alphabet=st.characters(), max_size=100))
def test_visible_text_is_printable_and_encodes(text: str) -> None:
    assert visible(text).isprintable()
    visible(text).encode("utf-8")


@given(st.text(max_size=300), st.integers(min_value=10, max_value=100))
def test_short_is_short(text: str, limit: int) -> None:
    assert len(short(text, limit)) <= limit


def test_what_is_short_stays_as_it_is() -> None:
    assert short("web", 10) == "web"
    assert short("abcdefghijklmnop", 11) == "abcde...nop"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a\\nb"), ("\x1b", "\\x1b"), ("\udcff", "\\xff"), ("\u202e", "\\u202e"), ("ä 港 🚢", "ä 港 🚢")],
)
def test_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_without_odd_bytes_goes_everywhere() -> None:
    value = {"a\udcff": ["b\udcfe", 1, None, {"c": "\udc80"}]}
    assert without_odd_bytes(value) == {"a\\xff": ["b\\xfe", 1, None, {"c": "\\x80"}]}


def test_an_entry_hangs_right_of_its_label() -> None:
    sheet = Sheet(width=50, colour=False)
    sheet.entry("fact", "one two three four five six seven eight nine", indent=2, column=10)
    assert str(sheet) == "  fact    one two three four five six seven eight\n          nine\n"


def test_at_most() -> None:
    sheet = Sheet(width=50, colour=False)
    sheet.line("word " * 30, at_most=2)
    lines = str(sheet).splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("word ...")
    assert len(lines[1]) <= 50


def test_a_label_longer_than_its_column_keeps_a_space() -> None:
    sheet = Sheet(width=50, colour=False)
    sheet.entry("a-long-label", "text", column=4)
    assert str(sheet) == "a-long-label text\n"


def test_never_two_blank_lines() -> None:
    sheet = Sheet(width=50, colour=False)
    sheet.blank()
    sheet.line("a")
    sheet.blank()
    sheet.heading("b")
    assert str(sheet) == "a\n\nb\n"


def test_some_of() -> None:
    names = [f"n{number}" for number in range(6)]
    assert some_of(names[:4]) == "n0, n1, n2, n3"
    assert some_of(names) == "n0, n1, n2 and 3 more"
    assert as_many_as_fit(names, 16) == "n0 and 5 more"
    assert as_many_as_fit(names, 17) == "n0, n1 and 4 more"
    assert as_many_as_fit([], 10) == ""
