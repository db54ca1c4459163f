"""JSON as the readers of YAML take it: what JSON escapes otherwise means the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.readers.yaml_source import documents


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_as_json_writes_it_is_read_as_it_was(text: str) -> None:
    (document,) = documents(json.dumps({"a": text}), "a.json")
    value = document.get("a")
    assert value is not None and value.text() == text


@pytest.mark.parametrize("text", ['{"a": "\\\\ud83d\\\\ude00"}', '{"a": "\\\\\\ud83d\\ude00"}', '{\n\t"a": "\\/"\n}'])
def test_backslashes_before_and_tabs_between(text: str) -> None:
    (document,) = documents(text, "a.json")
    assert document.plain() == json.loads(text)
