"""What the policy makes of files and of what runs: `unknown`, expiry, rules beside controls, and why (`explain`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import tight
from policy.projects import Project

RULE = """policy:
  level: baseline
  rules:
    - id: custom/ours
      severity: high
      when: "!workload.image.startsWith('r.example.com/')"
      says: Images are ours
      why: Others can change under us.
      remedy: Push it to our registry first.
"""
COMPOSE = "services:\n  web:\n    image: nginx:1\n  db:\n    image: ${IMAGE_OF_NOBODY}\n"


def test_what_a_file_can_not_tell_fails_it_where_the_policy_says_so(project: Project) -> None:
    project.write(compose__yaml="services:\n  db:\n    image: ${IMAGE_OF_NOBODY}\n", dockworthy__yaml=RULE)
    status, out, _ = project.run("check", "compose.yaml")
    assert status == 0 and "as far as written" in out
    project.write(dockworthy__yaml=RULE.replace("policy:\n", "policy:\n  unknown: fail\n"))
    status, out, _ = project.run("check", "compose.yaml")
    assert status == 1 and "can't be told from the files: `unknown: fail`" in out.replace("\n", " ")


def test_an_exception_that_expires_turns_red(project: Project) -> None:
    accepted = "  exceptions: [{control: custom/ours, subject: web, reason: r, owner: o, expires: 2999-01-01}]\n"
    project.write(compose__yaml=COMPOSE.split("  db:")[0], dockworthy__yaml=RULE + accepted)
    assert project.run("check", "compose.yaml")[0] == 0
    project.write(dockworthy__yaml=RULE + accepted.replace("2999", "2019"))
    status, out, _ = project.run("check", "compose.yaml")
    assert status == 1
    assert "dockworthy.yaml:10: the exception for custom/ours on web expired on 2019-01-01" in out.replace(
        "\n    ", " "
    )


def test_a_rule_s_finding_is_like_any_other(project: Project) -> None:
    project.write(compose__yaml=COMPOSE, dockworthy__yaml=RULE)
    (web, db) = [f for f in project.checked()["findings"] if f["control"] == "custom/ours"]
    assert (web["outcome"], db["outcome"]) == ("fail", "unknown")
    assert web["evidence"] == {
        "says": "workload.image is 'nginx:1'",
        "source": "compose.yaml",
        "line": 3,
        "path": "services.web.image",
        **({"column": web["evidence"]["column"]} if "column" in web["evidence"] else {}),
    }
    assert web["remedy"]["says"] == "Push it to our registry first."
    for format_ in ("sarif", "junit", "html", "markdown", "table", "github", "gitlab"):
        status, out, _ = project.run("check", "--format", format_, "compose.yaml")
        assert status == 1 and "Images are ours" in out


def test_what_runs_is_asked_too_from_a_snapshot(project: Project) -> None:
    snapshot = tight.snapshot()
    web = {"id": "web", "name": "web", "inspect": tight.known(tight.inspect())}
    snapshot["engine"]["containers"] = tight.known([web])
    (project.folder / "s.json").write_bytes(msgspec.json.encode(snapshot))
    when = "!workload.image.startsWith('r.example.com/')"
    project.write(dockworthy__yaml=RULE.replace(when, "workload.platform == 'docker' && workload.kind == 'container'"))
    _, out, _ = project.run("assess", "--from", "s.json", "--format", "json")
    found = [f for f in json.loads(out)["findings"] if f["control"] == "custom/ours"]
    assert found and {f["outcome"] for f in found} == {"fail"}
    project.write(dockworthy__yaml=RULE.replace(when, "workload.imgae == 'x'"))
    assert project.run("assess", "--from", "s.json")[0] == 2


def test_a_secret_is_in_no_report(project: Project) -> None:
    secret = "hunter2-correct-horse"
    file = (
        f"services: {{web: {{image: a, environment: {{DB_PASSWORD: {secret}}}, command: [x, --password={secret}]}}}}\n"
    )
    when = "workload.environment['DB_PASSWORD'] == 'a' || workload.command.exists(c, c.contains('hunter'))"
    project.write(
        compose__yaml=file, dockworthy__yaml=RULE.replace("!workload.image.startsWith('r.example.com/')", when)
    )
    assert project.outcome("custom/ours", "compose.yaml#web") == "unknown"
    for command in (["check", "-v"], ["check", "--format", "json"], ["explain", "custom/ours"]):
        assert secret not in "".join(map(str, project.run(*command, "compose.yaml")))


DECISIONS = [
    (["custom/ours", "--subject", "web"], ["fail", "!workload.image", "workload.image is 'nginx:1' [compose.yaml:3"]),
    (
        ["custom/ours", "--subject", "web"],
        ["image: nginx:1\n", "held to baseline (dockworthy.yaml:2)", "Push it to our"],
    ),
    (["custom/ours", "--subject", "db"], ["unknown", "IMAGE_OF_NOBODY has no value here", "listed, and no reason"]),
    (["privileged", "--subject", "web"], ["pass", "no container is privileged"]),
    (["memory-limit", "--subject", "web"], ["not asked", "it belongs to level restricted"]),
]


@pytest.mark.parametrize(("arguments", "says"), DECISIONS)
def test_a_decision_is_explained(arguments: list[str], says: list[str], project: Project) -> None:
    project.write(compose__yaml=COMPOSE, dockworthy__yaml=RULE)
    status, out, _ = project.run("explain", arguments[0], "compose.yaml", *arguments[1:])
    assert status == 0
    flat = out.replace("\n          ", " ")
    assert [part for part in says if part not in flat and part not in out] == []


def test_a_decision_for_programs_and_its_mistakes(project: Project) -> None:
    project.write(compose__yaml=COMPOSE, dockworthy__yaml=RULE, broken__yaml="services: [")
    _, out, _ = project.run("explain", "custom/ours", "compose.yaml", "--format", "json")
    assert [d["outcome"] for d in json.loads(out)["decisions"]] == ["fail", "unknown"]
    assert "Others can change under us." in project.run("explain", "custom/ours")[1]
    for arguments, says in (
        (["custom/ours", "compose.yaml", "--subject", "wbe"], "nothing that was judged is called 'wbe'"),
        (["custom/ours", "--subject", "web"], "--subject is for a decision on files"),
        (["custom/ours", "broken.yaml"], "broken.yaml:1"),
        (["custom/oars"], "did you mean custom/ours"),
        (["custom/ours", "compose.yaml", "--format", "markdown"], "can't be shown as markdown"),
    ):
        status, out, err = project.run("explain", *arguments)
        assert (status, out) == (2, "")
        assert says in err


def test_cel_is_imported_only_where_there_are_rules(project: Project) -> None:
    project.write(compose__yaml=COMPOSE)
    seen = "import sys; from dockworthy.cli.run import run; run(['check', '-q', 'compose.yaml']); "
    seen += "print([m for m in sys.modules if m.split('.')[0] in ('cel', 'typer', 'prompt_toolkit')])"
    source = str(Path(__file__).parents[2] / "src")
    for rules, loaded in ((None, "[]"), (RULE, "[]")):  # not even then: only the compiled part, under no name
        if rules is not None:
            project.write(dockworthy__yaml=rules)
        done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, env={"PYTHONPATH": source})
        assert done.stdout.splitlines()[-1] == loaded, done.stderr


def test_an_exception_for_no_control_is_said_of_what_runs_too(project: Project) -> None:
    (project.folder / "s.json").write_bytes(msgspec.json.encode(tight.snapshot()))
    risk = "{control: engine/live-restor, subject: engine, reason: r, owner: o, expires: 2999-01-01}"
    project.write(dockworthy__yaml=f"policy: {{exceptions: [{risk}]}}")
    _, out, _ = project.run("assess", "--from", "s.json", "--format", "json")
    assert "there is no control 'engine/live-restor'; did you mean engine/live-restore?" in json.loads(out)["notes"][0]
