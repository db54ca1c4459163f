"""The page of policies says what is true: its examples run, and no field of the model is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dockworthy.model.workload import Container, Unit
from dockworthy.policy.workload_view import NOT_SHOWN, entries, workload_of
from policy.projects import Project
from policy.written_rules import rule, unit

PAGE = (Path(__file__).parents[2] / "docs/policy.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
CONDITIONS = [row.replace(r"\|", "|") for row in re.findall(r"^\| [^|]+ \| `((?:[^|]|\\\|)+)` \|$", PAGE, re.MULTILINE)]


def test_the_examples_of_rules_are_rules() -> None:
    assert len(CONDITIONS) == 6 + 1  # the head of the table
    for when in CONDITIONS[1:]:
        rule(when)


def test_the_policies_of_the_page_are_policies_and_its_tests_right(project: Project) -> None:
    whole, extending, compose, tests, guard = BLOCKS
    project.write(dockworthy__yaml=whole, tests__yaml=tests, compose__yaml=compose)
    assert project.run("policy", "show")[0] == 0
    status, out, _ = project.run("policy", "test", "tests.yaml")
    assert status == 0 and "2 tests, all right." in out
    assert project.outcome("workload/writable-root", "compose.yaml#web") == "excepted"
    below = project.folder / "below"
    below.mkdir()
    (below / "dockworthy.yaml").write_text(extending)
    project.write(policy__yaml=whole)
    assert project.run("policy", "show", "--policy", "below/dockworthy.yaml")[0] == 0
    project.write(guard__yaml=guard)
    assert project.run("policy", "show", "--policy", "guard.yaml")[0] == 0


@pytest.mark.parametrize("struct", [Container, Unit])
def test_every_field_of_the_model_can_be_asked_or_is_left_out_on_purpose(struct: type) -> None:
    fields = set(struct.__struct_fields__)  # type: ignore[attr-defined]
    assert fields - set(entries()) - NOT_SHOWN[struct.__name__] == set()
    assert NOT_SHOWN[struct.__name__] - {"kind", "name", "role"} <= fields


@pytest.mark.parametrize("name", sorted(entries()))
def test_every_name_is_on_the_page_and_can_be_read(name: str) -> None:
    assert f"| `workload.{name}` |" in PAGE
    subject = unit()
    view = workload_of(subject, subject.containers[0]).value.value
    assert view.read(name)[1] is not None
