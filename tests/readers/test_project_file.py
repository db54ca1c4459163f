"""dockworthy.yaml: what is not understood is refused, with its line and the nearest known name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.errors import UnreadableInput
from dockworthy.model.levels import Level
from dockworthy.model.policy import Data, Exposure
from dockworthy.readers.joined_policy import read_project_file
from dockworthy.readers.project_file import find_project_file, parse_project_file
from effort import examples

pytestmark = pytest.mark.slow

_ROLE = "roles:\n    - who: user:vera\n      role: deployer\n      "


@pytest.mark.parametrize(
    ("guard", "line", "says"),
    [
        (f"{_ROLE}projects: []", 5, "expected a list of at least one entry"),
        (f"{_ROLE}images: []", 5, "expected a list of at least one entry"),
        (f"{_ROLE}projects: ['']", 5, "expected text that is not empty"),
        (f"{_ROLE}images: [' ']", 5, "expected text that is not empty"),
        ("registries: []", 2, "expected a list of at least one entry"),
        ("registries: ['']", 2, "expected text that is not empty"),
        ("devices: ['']", 2, "expected text that is not empty"),
    ],
)
def test_a_limit_that_names_nothing_is_refused(guard: str, line: int, says: str) -> None:
    with pytest.raises(UnreadableInput) as raised:
        parse_project_file(f"guard:\n   {guard}\n", "f")
    assert says in str(raised.value) and raised.value.line == line
    assert raised.value.hint == ("leave it out for no limit" if "list" in says else "")


def test_a_whole_file() -> None:
    project = parse_project_file(
        """
intent: {data: precious, team: {operators: 2, on_call: yes}}
policy:
  level: restricted
  levels: {metrics: baseline}
  exceptions:
    - {control: workload/writable-root, subject: db, reason: r, owner: o, expires: 2027-03-01}
evidence:
  - {demand: 1.backup, what: w, says: s, proven: 2026-01-01, until: 2027-01-01}
hosts: {a: ssh://ops@a}
harden: {published: {443: internet, 8000-8010/udp: private, 5432/tcp: [10.0.0.0/8, "2001:db8::/32"]}}
deploy: {target: compose}
""",
        "f",
    )
    assert project.intent.data is Data.PRECIOUS and project.intent.team.on_call is True
    assert project.harden.published == {
        "443": Exposure.INTERNET,
        "8000-8010/udp": Exposure.PRIVATE,
        "5432/tcp": ("10.0.0.0/8", "2001:db8::/32"),
    }
    assert project.policy.level is Level.RESTRICTED and project.policy.exceptions[0].expires.year == 2027


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("intent:\n  dta: none", "f:2: unknown key 'dta' in intent", "did you mean 'data'?"),
        ("intnt: {}", "f:1: unknown key 'intnt'", "did you mean 'intent'?"),
        ("policy:\n  level: strict", "f:2: policy.level: no such choice: 'strict'", "one of baseline, restricted"),
        ("policy:\n  exceptions:\n  - control: a", "f:3: policy.exceptions[0]: `subject` is missing", ""),
        ("intent: {team: {operators: two}}", "expected a whole number, got text", ""),
        ("evidence:\n- {demand: 1.bakup, what: x, says: y, proven: 2026-01-01, until: 2026-02-02}", "f:2", "1.backup"),
        ("evidence:\n- {demand: 1.backup, what: x, says: y, proven: soon, until: 2026-02-02}", "not a day like", ""),
        ("harden:\n  published:\n    443/icmp: internet", "f:3: harden.published: '443/icmp' is no port", ""),
        (
            "harden:\n  published:\n    443/tcp:\n    - 10.0.0.1/8",
            "f:4: harden.published: 10.0.0.1/8 has host bits",
            "",
        ),
        ("harden:\n  published: {443/tcp: interne}", "no such choice: 'interne'", ""),
        ("harden:\n  published:\n    443: internet\n    443/tcp: private", "f:4: harden.published: '443/tcp' and", ""),
        ("harden: {publishd: {}}", "f:1: unknown key 'publishd' in harden", "did you mean 'published'?"),
        ("- a", "f:1: the file: expected a mapping, got a list", ""),
        ("a: [", "f:1", ""),
        ("intent: {}\n---\nintent: {}", "f:3: more than one document", ""),
        ("intent: {data: none, data: precious}", "stands twice", "keep one"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_way_out(text: str, says: str, hint: str) -> None:
    with pytest.raises(UnreadableInput) as error:
        parse_project_file(text, "f")
    assert says in error.value.says
    assert hint in error.value.hint


def test_the_nearest_file_above_counts(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "dockworthy.yaml").write_text("intent: {data: none}\n")
    found = find_project_file(tmp_path / "a/b")
    assert found == tmp_path / "dockworthy.yaml"
    assert read_project_file(found).intent.data is Data.NONE


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "dockworthy.yaml"
    path.write_bytes(b"intent:\n  data: \xff\n")
    with pytest.raises(UnreadableInput, match=":2: not UTF-8"):
        read_project_file(path)


_KEYS = st.sampled_from(
    "harden published intent data code team operators policy level levels exceptions evidence hosts expires".split()
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | _KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(_ANYTHING)
@settings(deadline=None, max_examples=examples(300))
def test_anything_is_read_or_refused(document: Any) -> None:
    import json

    try:
        parse_project_file(json.dumps(document), "f")
    except UnreadableInput as error:
        assert error.says.startswith("f:")
