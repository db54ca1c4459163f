"""A policy that others share: joined, each part with its place; what can't be joined is said with the way to it."""

from __future__ import annotations

import pytest

from policy.projects import Project

COMPOSE = "services: {web: {image: nginx:1}, metrics: {image: r.example.com/prom:1}}\n"
SHARED = """policy:
  level: baseline
  levels: {metrics: restricted, web: production}
  rules:
    - {id: custom/ours, severity: high, when: "!workload.image.startsWith('r.example.com/')", says: Images are ours}
  exceptions:
    - {control: custom/ours, subject: web, reason: until it moves, owner: ann@example.com, expires: 2999-01-01}
"""


def test_rules_and_exceptions_are_joined_and_the_own_level_counts(project: Project) -> None:
    project.write(compose__yaml=COMPOSE, shared__yaml=SHARED)
    project.write(dockworthy__yaml="policy: {extends: [shared.yaml], level: restricted, levels: {web: baseline}}\n")
    result = project.checked()
    assert result["level"] == "restricted"
    (accepted,) = [f for f in result["findings"] if f["outcome"] == "excepted"]
    assert accepted["exception"]["where"] == "shared.yaml:7"
    assert {f["level"] for f in result["findings"] if f["subject"].endswith("#web")} == {"baseline"}
    assert "web is held to level baseline, lower than the rest (dockworthy.yaml:1)" in result["notes"]


def test_a_level_of_one_subject_may_be_higher(project: Project) -> None:
    project.write(compose__yaml=COMPOSE)
    project.write(dockworthy__yaml="policy: {level: baseline, levels: {web: production, nobody: baseline}}\n")
    result = project.checked()
    assert "production" in {f["level"] for f in result["findings"] if f["subject"].endswith("#web")}
    assert "production" not in {f["level"] for f in result["findings"] if f["subject"].endswith("#metrics")}
    assert "web is held to level production, higher than the rest (dockworthy.yaml:1)" in result["notes"]
    assert "dockworthy.yaml:1: policy.levels: nothing that was judged is called 'nobody'" in result["notes"]


def test_a_file_that_two_others_extend_counts_once(project: Project) -> None:
    project.write(compose__yaml=COMPOSE, shared__yaml=SHARED, a__yaml="policy: {extends: shared.yaml}\n")
    project.write(dockworthy__yaml="policy: {extends: [a.yaml, shared.yaml]}\n")
    status, out, _ = project.run("policy", "show")
    assert status == 0
    assert out.count("custom/ours (high)") == 1
    assert "Read: dockworthy.yaml, then a.yaml, then shared.yaml." in out


MISTAKES = {
    "circle": (
        {"a__yaml": "policy: {extends: dockworthy.yaml}\n"},
        "policy:\n  extends: a.yaml\n",
        "a.yaml:1: policy.extends goes in a circle: dockworthy.yaml -> a.yaml -> dockworthy.yaml",
    ),
    "missing": (
        {"a__yaml": "policy:\n  extends:\n    - b.yaml\n"},
        "policy: {extends: a.yaml}",
        "a.yaml:3: policy.extends: b.yaml is no file",
    ),
    "twice": (
        {"a__yaml": SHARED},
        "policy:\n  extends: a.yaml\n  rules:\n    - {id: custom/ours, severity: low, when: 'true', says: x}\n",
        "a.yaml:5: the rule 'custom/ours' is there twice, here and at dockworthy.yaml:4",
    ),
    "broken": (
        {"a__yaml": "policy: {levle: x}\n"},
        "policy: {extends: a.yaml}",
        "a.yaml:1: unknown key 'levle' in policy",
    ),
    "no_path": ({}, "policy: {extends: 7}", "dockworthy.yaml:1: policy.extends: expected a path or a list of paths"),
    "condition": (
        {"a__yaml": "policy:\n  rules:\n    - {id: custom/a, severity: low, says: x,\n       when: workload.x}\n"},
        "policy: {extends: a.yaml}",
        "a.yaml:4: rule custom/a: `when`, column 10: workload has no 'x'",
    ),
    "demand": (
        {},
        "policy:\n  rules:\n    - {id: custom/a, severity: low, when: 'true', says: x, demand: 1.bakup}",
        "dockworthy.yaml:3: there is no demand '1.bakup'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_can_not_be_joined_is_said_with_the_way_to_it(mistake: str, project: Project) -> None:
    files, own, says = MISTAKES[mistake]
    project.write(compose__yaml=COMPOSE, dockworthy__yaml=own, **files)
    status, out, err = project.run("check", "compose.yaml")
    assert (status, out) == (2, "")
    assert err.startswith(f"dockworthy: {says}")
    if mistake == "missing":
        assert "hint: the path is relative to a.yaml; read by way of dockworthy.yaml -> a.yaml" in err
    if mistake == "broken":
        assert "did you mean 'level'?; extended by dockworthy.yaml:1" in err


def test_the_caret_stands_under_the_mistake(project: Project) -> None:
    own = "policy:\n  rules:\n    - {id: custom/a, severity: low, says: x, when: workload.imgae == 'a'}\n"
    project.write(compose__yaml=COMPOSE, dockworthy__yaml=own)
    _, _, err = project.run("check", "compose.yaml")
    assert err == (
        "dockworthy: dockworthy.yaml:3: rule custom/a: `when`, column 10: workload has no 'imgae'\n"
        "  workload.imgae == 'a'\n"
        "           ^\n"
        "hint: did you mean 'image'?\n"
    )


def test_too_deep(project: Project) -> None:
    for number in range(12):
        (project.folder / f"p{number}.yaml").write_text(f"policy: {{extends: p{number + 1}.yaml}}\n")
    project.write(compose__yaml=COMPOSE)
    status, _, err = project.run("check", "--policy", "p0.yaml", "compose.yaml")
    assert status == 2
    assert "more than 10 files deep: p0.yaml -> p1.yaml" in err
