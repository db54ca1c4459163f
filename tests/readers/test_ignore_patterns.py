"""A line of an ignore file that is no pattern hides none of the others, and none holds up who reads it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from dockworthy.readers.git_ignored import patterns_of
from dockworthy.readers.ignore_pattern import BoundedPattern


@pytest.mark.parametrize("line", ["a[z-b]", "a\\", "[[:x]y]", "!", "/"])
def test_the_other_lines_count(line: str) -> None:
    patterns = patterns_of([line, "*.pem", "!public.pem"])
    assert patterns.match_file("key.pem")
    assert not patterns.match_file("public.pem")
    assert not patterns.match_file("a")


NAMES = st.text("ab(.[", min_size=1, max_size=7)
PIECES = st.lists(
    st.sampled_from(["*", "**", "?", "a", "b", "[ab]", "[!a]", "[]b]", "\\(", "(", "\\[", ".", "/"]), max_size=9
)


@given(PIECES.map("".join), st.lists(NAMES, min_size=1, max_size=3).map("/".join))
def test_a_bounded_pattern_means_the_same(line: str, path: str) -> None:
    try:
        usual = GitIgnoreSpecPattern(line)
        bounded = BoundedPattern(line)
    except (ValueError, re.error):
        return
    for asked in (path, f"{path}/"):
        if usual.regex is not None and bounded.regex is not None:
            found, again = usual.regex.search(asked), bounded.regex.search(asked)
            assert (found and found.span()) == (again and again.span())


@pytest.mark.parametrize(
    "line", ["*a" * 25 + "b", "*?" * 25 + "b", "*[a-c]" * 25 + "b", "*\\(" * 25 + "b", "x/" + "*[(?]" * 25 + "b"]
)
def test_a_line_of_many_stars_takes_no_time(line: str) -> None:
    for letter in "a(":
        assert not patterns_of([line]).match_file("x/" + letter * 250)


def test_a_line_of_many_folders_leaves_nothing_out() -> None:
    patterns = patterns_of(["/".join(["**/a"] * 9), "*.pem"])
    assert not patterns.match_file("a/" * 90 + "a")
    assert patterns.match_file("a/b.pem")
    assert patterns_of(["**/a/**/b/**"]).match_file("x/a/y/b/c")
