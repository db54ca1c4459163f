"""`policy.before_deploy`: read strictly, joined over files, shown with the place of each part and without secrets."""

from __future__ import annotations

import pytest

from dockworthy.readers.joined_policy import read_project_file
from policy.projects import Project

SHARED = """policy:
  before_deploy:
    host: production
    signatures: [{key: keys/cosign.pub}]
    tests: ["true"]
"""
OWN = """policy:
  extends: company/policy.yaml
  before_deploy:
    host: baseline
    signatures: [{key: [own.pub, "awskms://alias/ours"], images: ["ours/*", "!ours/tools:*"]}]
    tests: [make test, {run: "TOKEN=hunter22hunter ./smoke | cat", shell: true, within: 5m}]
"""


def test_it_is_joined_over_files_and_shown(project: Project) -> None:
    (project.folder / "company").mkdir()
    (project.folder / "company" / "policy.yaml").write_text(SHARED)
    project.write(dockworthy__yaml=OWN)
    before = read_project_file(project.folder / "dockworthy.yaml").policy.before_deploy
    assert before.host == "baseline", "what stands nearer counts"
    keys = [key for each in before.signatures for key in each.keys]
    at = str(project.folder)
    assert keys == [f"{at}/own.pub", "awskms://alias/ours", f"{at}/company/keys/cosign.pub"]
    assert [test.words for test in before.all_tests] == [
        ("make", "test"),
        ("sh", "-c", "TOKEN=hunter22hunter ./smoke | cat"),
        ("true",),
    ]
    assert before.all_tests[1].seconds == 300
    status, out, _ = project.run("policy", "show")
    shown = " ".join(out.split())
    assert status == 0 and "hunter22" not in shown + project.run("policy", "show", "--format", "json")[1]
    assert "fit for production at level baseline dockworthy.yaml:4" in shown
    assert "company/keys/cosign.pub: * company/policy.yaml:4" in shown
    assert "passes within 10m: make test dockworthy.yaml:6" in shown


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{hots: baseline}", "unknown key 'hots' in policy.before_deploy"),
        ("{host: good}", "no such choice: 'good'"),
        ("{signatures: [{images: ['*']}]}", "`key` is missing"),
        ("{signatures: [{key: []}]}", "policy.before_deploy.signatures[0].key"),
        ("{signatures: [{kye: a}]}", "did you mean 'key'?"),
        ("{tests: ['a \"b']}", "no closing quotation"),
        ("{tests: ['  ']}", "holds no command"),
        ("{tests: [{run: [a, b], shell: true}]}", "with `shell: true`, `run` is a text"),
        ("{tests: [{run: a, within: soon}]}", "policy.before_deploy.tests[0].within"),
    ],
)
def test_a_mistake_is_named_with_its_line(project: Project, written: str, says: str) -> None:
    project.write(dockworthy__yaml=f"policy:\n  before_deploy: {written}\n")
    status, _, error = project.run("policy", "show")
    assert status == 2 and "dockworthy.yaml:2" in error and says in error
