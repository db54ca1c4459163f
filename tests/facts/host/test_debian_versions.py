"""Debian's order of versions, as its policy states it."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.facts.host.packages import DebianVersion
from effort import examples

ASCENDING = [
    "0~~", "0~~a", "0~", "0", "0a", "0+", "1.0~beta1~svn1245", "1.0~beta1", "1.0", "1.0-0.1", "1.0-1", "1.0-1+b1",
    "1.0-1+deb13u1", "1.0.1", "1.2", "1.10", "5:1.0", "6:0.1",
]  # fmt: skip

versions = st.text(alphabet="0123456789abzAZ.+~-:", max_size=14)
whole = st.from_regex(r"([0-9]{1,2}:)?[0-9][0-9a-zA-Z.+~]{0,8}(-[0-9a-zA-Z.+~]{1,6})?", fullmatch=True)


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(ASCENDING)))
def test_ascending(lower: str, higher: str) -> None:
    assert DebianVersion(lower) < DebianVersion(higher)
    assert not DebianVersion(higher) < DebianVersion(lower)


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.00"), ("0:1", "1"), ("1.0-0", "1.0"), ("1a0", "1a")])
def test_equal(one: str, other: str) -> None:
    assert DebianVersion(one) == DebianVersion(other)
    assert hash(DebianVersion(one)) == hash(DebianVersion(other))


@given(versions, versions, versions)
def test_it_is_an_order(a: str, b: str, c: str) -> None:
    x, y, z = sorted(map(DebianVersion, (a, b, c)))
    assert x <= y <= z
    assert x <= z
    assert sum([x < y, x == y, x > y]) == 1


@given(st.text(max_size=30))
def test_any_text_is_a_version(text: str) -> None:
    assert DebianVersion(text) == DebianVersion(text)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="there is no dpkg to agree with")
@settings(max_examples=examples(60), deadline=None)
@given(whole, whole)
def test_it_agrees_with_dpkg(one: str, other: str) -> None:
    lower = subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False, capture_output=True)
    assert (lower.returncode == 0) == (DebianVersion(one) < DebianVersion(other))
