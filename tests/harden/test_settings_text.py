"""daemon.json changed: the meaning as asked, every other letter as before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.errors import UnreadableInput
from dockworthy.harden.settings_text import changed_settings

FILE = "/etc/docker/daemon.json"


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        (None, {"icc": False}, '{\n  "icc": false\n}\n'),
        ("", {"icc": False}, '{\n  "icc": false\n}\n'),
        ("{}\n", {"icc": False}, '{\n  "icc": false\n}\n'),
        ('{\n    "labels": ["a=b"]\n}\n', {"icc": False}, '{\n    "labels": ["a=b"],\n    "icc": false\n}\n'),
        ('{"labels": ["a=b"]}', {"icc": False}, '{"labels": ["a=b"], "icc": false}'),
        ('{\n\t"icc": true,\n\t"mtu": 1400\n}', {"icc": False}, '{\n\t"icc": false,\n\t"mtu": 1400\n}'),
        ('{"debug": true, "mtu": 1400}', {"debug": None}, '{"mtu": 1400}'),
        ('{"mtu": 1400, "debug": true}', {"debug": None}, '{"mtu": 1400}'),
        ('{"debug": true}', {"debug": None}, "{}"),
        ('{\r\n  "mtu": 1\r\n}\r\n', {"icc": False}, '{\r\n  "mtu": 1,\r\n  "icc": false\r\n}\r\n'),
        (
            '{\n  "log-opts": {"max-file": "3"}\n}\n',
            {"log-opts": {"max-size": "10m"}},
            '{\n  "log-opts": {\n    "max-file": "3",\n    "max-size": "10m"\n  }\n}\n',
        ),
    ],
)
def test_only_what_must_change(before: str | None, values: dict[str, Any], after: str) -> None:
    assert changed_settings(before, values, FILE) == after


@pytest.mark.parametrize("text", ["{", '["a"]', '{"a": 1, "a": 2}', "{'a': 1}", '{"a": 1} x', "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UnreadableInput, match=FILE):
        changed_settings(text, {"icc": False}, FILE)


_values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    settings=st.dictionaries(st.text(min_size=1, max_size=4), _values, max_size=4),
    changes=st.dictionaries(st.text(min_size=1, max_size=4), st.none() | _values, max_size=3),
    indent=st.sampled_from([None, 0, 1, 2, 4, "\t"]),
)
def test_the_meaning_is_always_what_was_asked(
    settings: dict[str, Any], changes: dict[str, Any], indent: int | str | None
) -> None:
    text = json.dumps(settings, indent=indent)
    after = changed_settings(text, changes, FILE)
    expected = dict(settings)
    for name, value in changes.items():
        old = expected.get(name)
        expected[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    assert json.loads(after) == {name: value for name, value in expected.items() if value is not None}
    assert changed_settings(after, changes, FILE) == after
