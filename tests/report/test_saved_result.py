"""A saved result is read back as it was; what is none is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import assessed, checked, undecided

from dockworthy.errors import UnreadableInput
from dockworthy.model.requirement import Need
from dockworthy.model.result import Answer, DemandAnswer, Result, Verdict
from dockworthy.report.saved_result import is_snapshot, load_result
from examples import render_json

RESULTS = {"assessed": assessed(), "checked": checked(), "undecided": undecided()}


@pytest.mark.parametrize("name", RESULTS)
def test_what_was_saved_is_what_is_read(name: str, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(render_json(RESULTS[name]))
    assert not is_snapshot(file)
    assert load_result(file) == as_saved(RESULTS[name])


def test_what_the_intent_says_is_read_back(tmp_path: Path) -> None:
    verdict = Verdict(Answer.NO, ("a",), "2026-12-01", "b", "c", True, ("d",), ("e",))
    demand = DemandAnswer("1.backup", Answer.NO, 1, 2, 3, Need.ADVISED, "the data is precious")
    whole = msgspec.structs.replace(assessed(1), verdict=verdict, demands=(demand,), notes=("f",))
    file = tmp_path / "r.json"
    file.write_bytes(render_json(whole))
    assert load_result(file) == as_saved(whole)


def as_saved(result: Result) -> Result:
    """The result without its faults' sentences: these are the control's, and no part of the JSON result."""
    findings = tuple(msgspec.structs.replace(finding, fault="") for finding in result.findings)
    return msgspec.structs.replace(result, findings=findings)


def saved(tmp_path: Path, **changed: Any) -> Path:
    document = json.loads(render_json(assessed(1))) | changed
    file = tmp_path / "r.json"
    file.write_text(json.dumps({key: value for key, value in document.items() if value is not None}))
    return file


def test_keys_that_came_later_may_be_missing_and_unknown_ones_are_ignored(tmp_path: Path) -> None:
    finding = {
        "control": "workload/privileged",
        "subject": "container/web",
        "outcome": "fail",
        "severity": "high",
        "level": "baseline",
        "demand": "1.privileges",
        "from_the_future": 1,
    }
    lean = saved(tmp_path, findings=[finding], demands=None, read=None, unread=None, notes=None, later={"x": 1})
    (only,) = load_result(lean).findings
    assert (only.title, only.evidence, only.remedy) == ("workload/privileged", (), None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"not json", "not JSON: "),
        (b"[1, 2]", "not a result of dockworthy: "),
        (b"{}", "not a result of dockworthy: it has no verdict"),
        (b'{"schema": 2, "verdict": {}}', "a result of schema 2; this dockworthy reads schema 1"),
        (b'{"snapshot": 1, "tool": {}}', "facts that were not judged yet"),
        (b'{"schema": 1, "verdict": {"answer": "perhaps"}}', "a result with a value that can't be one: "),
        (b'{"schema": 1, "verdict": {"x\xff": "yes"}}', "its text is not UTF-8"),
        (b'{"verdict": {"x": ' + b"[" * 100_000, "nested deeper than any result"),
    ],
)
def test_what_is_no_result_is_refused_with_a_reason(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableInput) as refused:
        load_result(file)
    assert says in refused.value.says
    assert str(file) in refused.value.says


@pytest.mark.parametrize("left", [1, 50, 300, 1000, -2])
def test_a_result_that_was_cut_short_is_refused(left: int, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(render_json(assessed(3)).rstrip()[:left])
    with pytest.raises(UnreadableInput, match="cut short"):
        load_result(file)


def test_a_snapshot_is_told_from_a_result(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text('{"snapshot": 1}')
    assert is_snapshot(file)
    assert not is_snapshot(tmp_path / "none.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="can't be read: No such file"):
        load_result(tmp_path / "none.json")
    with pytest.raises(UnreadableInput, match="not a regular file, but a folder"):
        load_result(tmp_path)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["schema", "verdict", "findings", "x"]), inner),
    ).map(lambda v: json.dumps(v).encode())
)
def test_anything_at_all_is_no_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "anything.json"
    file.write_bytes(content)
    is_snapshot(file)
    with pytest.raises(UnreadableInput):
        load_result(file)
