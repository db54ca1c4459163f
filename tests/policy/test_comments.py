"""Exceptions by comment: for the subject in whose lines they stand, until their day, and never silently nothing."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.readers.allowances import read_allowances
from policy.projects import Project

ROOT = "workload/writable-root"


def compose(*, above: str = "", inside: str = "", behind: str = "", after: str = "") -> str:
    return f"""services:
{above}  web:
    image: nginx:1 {behind}
{inside}  db:
    image: postgres:16
{after}volumes:
  data: {{}}
"""


def allow(control: str = ROOT, day: str = "2999-01-01", by: str = "", word: str = "allow") -> str:
    return f"# dockworthy: {word} {control} until {day}{by}: it writes a socket"


@pytest.mark.parametrize(
    ("places", "excepted"),
    [
        ({"above": f"  {allow()}\n"}, {"web"}),
        ({"inside": f"    {allow()}\n"}, {"web"}),
        ({"inside": f"  {allow()}\n"}, {"db"}),
        ({"behind": allow()}, {"web"}),
        ({"after": f"    {allow()}\n"}, {"db"}),
        ({"after": f"{allow()}\n"}, set()),
        ({"after": f"{allow(word='allow-file')}\n"}, {"web", "db"}),
    ],
)
def test_it_speaks_for_the_service_in_whose_lines_it_stands(
    places: dict[str, str], excepted: set[str], project: Project
) -> None:
    project.write(compose__yaml=compose(**places))
    outcomes = {name: project.outcome(ROOT, f"compose.yaml#{name}") for name in ("web", "db")}
    assert {name for name, outcome in outcomes.items() if outcome == "excepted"} == excepted


def test_reason_owner_day_and_place_are_shown(project: Project) -> None:
    project.write(compose__yaml=compose(inside=f"    {allow(by=' by ann@example.com')}\n"))
    (risk,) = [f["exception"] for f in project.checked()["findings"] if f["exception"]]
    assert risk == {
        "reason": "it writes a socket",
        "owner": "ann@example.com",
        "expires": "2999-01-01",
        "where": "compose.yaml:4",
    }
    _, out, _ = project.run("check", "compose.yaml")
    assert "it writes a socket (ann@example.com, until 2999-01-01, compose.yaml:4)" in out


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        (allow(day="2020-01-01"), "the comment that accepts workload/writable-root expired on 2020-01-01"),
        (allow("workload/seccomp"), "compose.yaml:4: the comment that accepts workload/seccomp matches no failure"),
        (allow("workload/writeable-root"), "'workload/writeable-root'; did you mean workload/writable-root?"),
        (allow(day="2026-13-01"), "compose.yaml:4: the comment accepts nothing: '2026-13-01' is not a day"),
        (f"# dockworthy: allow {ROOT}", "compose.yaml:4: the comment accepts nothing: it is not understood"),
        (f"# dockworthy: allow {ROOT} until 2999-01-01", "it is written # dockworthy: allow CONTROL until"),
        (f"# dockworthy: allow {ROOT} until 2999-01-01:", "it is not understood"),
        ("# dockworthy: ignore everything", "it is not understood"),
    ],
)  # fmt: skip
def test_one_that_does_not_count_is_said_with_its_line(comment: str, says: str, project: Project) -> None:
    project.write(compose__yaml=compose(inside=f"    {comment}\n"))
    assert any(says in note for note in project.checked()["notes"])
    assert project.outcome(ROOT, "compose.yaml#web") == "fail"


def test_a_policy_may_refuse_them(project: Project) -> None:
    project.write(dockworthy__yaml="policy:\n  comments: refuse\n")
    project.write(compose__yaml=compose(inside=f"    {allow()}\n"))
    assert project.outcome(ROOT, "compose.yaml#web") == "fail"
    says = "compose.yaml:4: the comment accepts nothing: dockworthy.yaml:2 refuses exceptions by comment"
    assert says in project.checked()["notes"]


def test_a_manifest_s_comment_is_its_own(project: Project) -> None:
    pod = "kind: Pod\napiVersion: v1\nmetadata: {{name: {0}}}\nspec:\n  containers:\n  - name: c\n{1}    image: a\n"
    mark = f"    {allow('workload/run-as-non-root')}\n"
    project.write(pods__yaml=pod.format("a", "") + "---\n" + pod.format("b", mark) + "---\n" + pod.format("c", ""))
    found = {
        f["subject"]: f["outcome"]
        for f in project.checked("pods.yaml")["findings"]
        if f["control"] == "workload/run-as-non-root"
    }
    assert sorted(found.values()) == ["excepted", "fail", "fail"]
    assert next(subject for subject, outcome in found.items() if outcome == "excepted").endswith("b")


def test_in_a_dockerfile_it_speaks_for_the_next_instruction(project: Project) -> None:
    mark = allow("build/add-from-url")
    url = "ADD https://example.com/{0} /{0}\n"
    plain = "FROM debian:12\n" + url.format("a") + url.format("b")
    project.write(Dockerfile=plain)
    rules = {f["control"] for f in project.checked("Dockerfile")["findings"] if f["outcome"] == "fail"}
    (control,) = [id for id in rules if "add" in id] or [""]
    assert control, rules
    mark = allow(control)
    project.write(Dockerfile="FROM debian:12\n" + mark + "\n" + url.format("a"))
    assert {f["outcome"] for f in project.checked("Dockerfile")["findings"] if f["control"] == control} == {"excepted"}
    project.write(Dockerfile=mark + "\nFROM debian:12\n" + url.format("a"))
    assert "fail" in {f["outcome"] for f in project.checked("Dockerfile")["findings"] if f["control"] == control}


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  x\n  # dockworthy: allow a/b until 2999-01-01: r\n",
        'a: "x # dockworthy: allow a/b until 2999-01-01: r"\n',
        "a: >-\n  x # dockworthy: allow a/b until 2999-01-01: r\nb: 1\n",
        "a: 'x\n\n  # dockworthy: allow a/b until 2999-01-01: r'\n",
    ],
)
def test_a_value_is_no_comment(text: str) -> None:
    assert read_allowances(text, "f", is_yaml=True) == ((), ())


def test_a_comment_behind_a_block_is_one() -> None:
    text = "a: |\n  x\n# dockworthy: allow a/b until 2999-01-01: r\nb: 1\n"
    (allowance,), notes = read_allowances(text, "f", is_yaml=True)
    assert (allowance.first, allowance.expires, notes) == (4, datetime.date(2999, 1, 1), ())


@given(st.text(alphabet="# dockworthy: allow a/b until 2999-01-01:\n\\'\"|é", max_size=200), st.booleans())
def test_any_text_is_read(text: str, is_yaml: bool) -> None:
    found, _ = read_allowances("# dockworthy: x\n" + text, "f", is_yaml=is_yaml)
    assert all(allowance.first >= 1 for allowance in found)
