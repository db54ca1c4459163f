"""`dockworthy policy`: examples judged by a policy, and the whole policy with its places."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest

from policy.projects import Project

POLICY = """policy:
  level: restricted
  rules:
    - {id: custom/ours, severity: high, when: "!workload.image.startsWith('r.example.com/')", says: Images are ours}
    - {id: custom/never, severity: low, when: "workload.name == 'x'", says: Nobody is called x}
  exceptions:
    - {control: workload/privileged, subject: db, reason: r, owner: o, expires: 2999-01-01}
    - {control: workload/seccomp, subject: db, reason: old, owner: o, expires: 2020-01-01}
"""
RIGHT = """tests:
  - name: others fail
    compose: |
      services: {web: {image: nginx}}
    expect: {custom/ours: fail, workload/privileged: pass}
  - name: accepted
    compose: |
      services: {db: {image: r.example.com/pg, privileged: true}}
    subject: db
    expect: {workload/privileged: excepted, custom/ours: pass}
  - name: a command line
    docker run: docker run r.example.com/a
    expect: {custom/ours: pass}
  - name: a manifest
    kubernetes: "{kind: Pod, apiVersion: v1, metadata: {name: a}, spec: {containers: [{name: a, image: nginx}]}}"
    expect: {custom/ours: fail}
  - name: a Dockerfile has no workload
    dockerfile: FROM debian:12
    expect: {custom/ours: not_asked}
  - name: a variable has no value
    compose: |
      services: {web: {image: "${IMAGE}"}}
    expect: {custom/ours: unknown}
"""


def test_right_tests_and_the_rule_that_none_makes_fail(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE", "nginx")  # a test says the same everywhere
    project.write(dockworthy__yaml=POLICY, tests__yaml=RIGHT)
    status, out, _ = project.run("policy", "test", "tests.yaml")
    assert status == 0
    assert "6 tests, all right." in out
    assert "No test makes these rules fail: custom/never" in out


def test_a_wrong_one_says_what_was_instead(project: Project) -> None:
    project.write(dockworthy__yaml=POLICY, tests__yaml=RIGHT.replace("custom/ours: fail, ", "custom/ours: pass, "))
    status, out, _ = project.run("policy", "test", "tests.yaml")
    assert status == 1
    assert "wrong   others fail (tests.yaml:2)" in out
    assert "custom/ours: expected pass, was fail" in out
    assert "compose.yaml#web: workload.image is 'nginx'" in out


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        ("compose: 'services: ['", "compose.yaml:1:"),
        ("docker run: docker run --no-such a", "--no-such"),
        ('docker run: "docker run \'a"', "the command line is not understood"),
    ],
)
def test_an_example_that_can_not_be_read_is_wrong_and_the_others_run(
    example: str, problem: str, project: Project
) -> None:
    more = f"  - {{name: broken, {example}, expect: {{custom/ours: pass}}}}\n"
    project.write(dockworthy__yaml=POLICY, tests__yaml=RIGHT + more)
    status, out, _ = project.run("policy", "test", "tests.yaml")
    assert status == 1
    assert problem in out
    assert "7 tests, 1 wrong." in out


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        ("tests:\n  - {name: a, expect: {a/b: fail}}", "t.yaml:2: the test 'a' has nothing to judge"),
        ("tests:\n  - {name: a, compose: x, titus: y, expect: {a/b: fail}}", "the test 'a' has compose and titus"),
        ("tests:\n  - {name: a, compose: x, expect: {}}", "t.yaml:2: the test 'a' expects nothing"),
        ("tests:\n  - {name: a, compose: x, expect: {a/b: fails}}", "no such choice: 'fails'"),
        ("tests:\n  - {name: a, compoze: x, expect: {a/b: fail}}", "unknown key 'compoze' in tests[0]"),
        ("", "t.yaml: no tests"),
        ("tests: []\npolicy: nowhere.yaml", "nowhere.yaml: can't be read"),
    ],
)  # fmt: skip
def test_a_file_of_tests_that_is_not_understood(tests: str, says: str, project: Project) -> None:
    project.write(dockworthy__yaml=POLICY, t__yaml=tests)
    status, out, err = project.run("policy", "test", "t.yaml")
    assert (status, out) == (2, "")
    assert says in err


def test_no_policy_anywhere(project: Project) -> None:
    project.write(t__yaml=RIGHT)
    status, _, err = project.run("policy", "test", "t.yaml")
    assert status == 2 and "t.yaml: names no policy, and no dockworthy.yaml is beside it or above" in err


def test_no_such_control(project: Project) -> None:
    project.write(
        dockworthy__yaml=POLICY,
        t__yaml="tests: [{name: a, compose: 'services: {a: {image: b}}', expect: {workload/x: fail}}]",
    )
    status, out, _ = project.run("policy", "test", "t.yaml")
    assert status == 1 and "there is no control 'workload/x'" in out


def test_for_programs(project: Project) -> None:
    project.write(dockworthy__yaml=POLICY, tests__yaml=RIGHT.replace("custom/ours: not_asked", "custom/ours: fail"))
    status, out, _ = project.run("policy", "test", "--format", "json", "tests.yaml")
    document = json.loads(out)
    assert status == 1 and document["right"] is False and document["untested"] == ["custom/never"]
    assert [test["name"] for test in document["tests"] if not test["right"]] == ["a Dockerfile has no workload"]
    _, out, _ = project.run("policy", "test", "--format", "junit", "tests.yaml")
    suite = ElementTree.fromstring(out)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("6", "1")
    assert suite.find("testcase[@name='a Dockerfile has no workload']/failure") is not None


def test_the_whole_policy_is_shown_with_its_places(project: Project) -> None:
    project.write(dockworthy__yaml=POLICY)
    status, out, _ = project.run("policy", "show")
    assert status == 0
    assert "restricted\n    dockworthy.yaml:2" in out
    assert "custom/ours (high): Images are ours\n    dockworthy.yaml:4" in out
    assert "workload/seccomp on db, expired on 2020-01-01, o: old\n    dockworthy.yaml:8" in out
    _, out, _ = project.run("policy", "show", "--format", "json")
    parts = json.loads(out)["parts"]
    assert {"part": "Level", "says": "restricted", "where": "dockworthy.yaml:2"} in parts


def test_without_any_policy_the_defaults_are_shown(project: Project) -> None:
    status, out, _ = project.run("policy", "show")
    assert status == 0 and "production\n    where nobody says otherwise" in out
