"""Every YAML text is bounded in the same way, whatever it is: a manifest, an app, a policy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.errors import UnreadableInput
from dockworthy.model.levels import Level
from dockworthy.readers.project_file import parse_project_file
from dockworthy.readers.yaml_source import documents


def _bomb(deep: int = 8) -> str:
    lists = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, deep))
    return f"a0: &a0 [x, x, x, x, x, x, x, x, x]\n{lists}"


_WIDE = (
    "x-e: &e {{name: A, value: b}}\nx-c: &c {{name: c, image: a, env: [{e}]}}\n"
    "x-p: &p {{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{c}]}}}}\n"
    "apiVersion: v1\nkind: List\nitems: [{p}]\n"
).format(e=", ".join(["*e"] * 300), c=", ".join(["*c"] * 300), p=", ".join(["*p"] * 300))
_MERGED = "".join(
    f"a{n}: &a{n} {{b: {{<<: *a{n - 1}}}, c: {{<<: *a{n - 1}}}, d: {{<<: *a{n - 1}}}}}\n" for n in range(1, 15)
)
_APP = "id: /a\ncontainer: {type: DOCKER, docker: {image: a}}\nlabels: &l {a: b}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_bomb() + "policy: *a7", 6),
        (_WIDE, 6),
        ("a0: &a0 {b: 1}\n" + _MERGED, 12),
        (_APP + _bomb(), 9),
    ],
)
def test_aliases_of_aliases_are_refused_where_they_become_too_many(text: str, line: int) -> None:
    before = time.process_time()
    with pytest.raises(UnreadableInput, match="more than 500,000 values, aliases counted") as refused:
        list(documents(text, "a.yaml"))
    assert (refused.value.file, refused.value.line) == ("a.yaml", line)
    assert time.process_time() - before < 5


def test_a_policy_made_of_aliases_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="aliases counted"):
        parse_project_file(_bomb() + "policy: {rules: *a7}", "dockworthy.yaml")


def test_a_document_within_itself_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="nested too deep"):
        list(documents("a: &a [1, *a]", "a.yaml"))


def test_aliases_as_people_use_them_are_read() -> None:
    text = "x: &x {a: [1, 2], b: &b c}\ny: [*x, *x, *b]\nz: {<<: *x, a: *b}\n" + _MERGED[: _MERGED.index("a9")]
    (found,) = documents(text.replace("*a0", "*x"), "a.yaml")
    assert set(found.keys()) >= {"x", "y", "z", "a8"}


@pytest.mark.parametrize("number", [":".join(["1"] * 200_000), ":".join(["1"] * 200_000) + ".5", "9" * 400_000])
def test_a_number_without_end_is_a_text(number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"x-a: {number}\nservices: {{web: {{image: a, cpu_count: {number}}}}}\n"
    (tmp_path / "compose.yaml").write_text(text)
    (tmp_path / "dockworthy.yaml").write_text(f"intent: {{team: {{operators: {number}}}}}\n")
    before = time.process_time()
    check(["compose.yaml"], level=Level.PRODUCTION)
    with pytest.raises(UnreadableInput, match=r"dockworthy\.yaml:1: .*, not a number"):
        parse_project_file((tmp_path / "dockworthy.yaml").read_text(), "dockworthy.yaml")
    assert time.process_time() - before < 5
