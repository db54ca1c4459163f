"""A line of an ignore file that is no pattern hides none of the others."""

from __future__ import annotations

import pytest

from dockworthy.readers.git_ignored import patterns_of


@pytest.mark.parametrize("line", ["a[z-b]", "a\\", "[[:x]y]", "!", "/"])
def test_the_other_lines_count(line: str) -> None:
    patterns = patterns_of([line, "*.pem", "!public.pem"])
    assert patterns.match_file("key.pem")
    assert not patterns.match_file("public.pem")
    assert not patterns.match_file("a")
