"""`--changed-since`: a change is judged by the policy that it goes to, and does not excuse itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run
from known_failures import ETC, PRIVILEGED, WEB, checked, committed, enter, git, new

pytestmark = pytest.mark.slow

EXCEPTION = (
    "policy:\n  exceptions:\n"
    "    - {control: workload/privileged, subject: web, reason: r, owner: o, expires: 2999-01-01}\n"
)
RULE = (
    "policy:\n  level: baseline\n  rules:\n"
    "    - {id: custom/own, severity: high, when: \"workload.image == 'bad'\", says: Not the bad image}\n"
)
ALLOW = "    # dockworthy: allow workload/privileged until 2999-01-01: needed\n"
BASELINE = "policy: {level: baseline}\n"
SILENT = "# hadolint ignore=DL3002\nUSER root\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def project(policy: str = "", compose: str = WEB, **others: str) -> None:
    """What the branch goes to."""
    files = {"dockworthy": policy} if policy else {}
    committed(compose=compose, **files, **others)
    git("checkout", "-qb", "work")


def loosened(result: Any) -> list[str]:
    (finding,) = [f for f in result["findings"] if f["control"] == "policy/loosened" and f["outcome"] == "fail"]
    return [each["says"] for each in (finding["evidence"], *finding.get("more_evidence", ()))]


def test_an_exception_that_a_change_brings_along(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE)
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    Path("dockworthy.yaml").write_text(EXCEPTION.replace("policy:\n", "policy:\n  level: baseline\n"))
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1
    assert "web privileged" in new(result)
    assert loosened(result) == ["the exception for workload/privileged on web is new, until 2999-01-01"]
    assert result["level"] == "baseline"


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ("", BASELINE, "the level is baseline, and was production"),
        (RULE, BASELINE, "the rule custom/own is gone"),
        (RULE, "", "the rule custom/own is gone"),
        (RULE, RULE.replace("'bad'", "'worse'"), "the rule custom/own is another one, and may ask less (when)"),
        (
            RULE,
            RULE.replace("high", "low"),
            "the rule custom/own is another one, and may ask less (severity low, was high)",
        ),
        (BASELINE, "policy: {level: baseline, levels: {web: baseline}}\n", ""),
        (
            "policy: {level: restricted}\n",
            "policy: {level: restricted, levels: {web: baseline}}\n",
            "web is held to level",
        ),
        ("policy: {unknown: fail}\n", "policy: {unknown: accept}\n", "what can't be told fails no more"),
        ("policy: {comments: refuse}\n", "", "exceptions by comment count now"),
        (EXCEPTION, EXCEPTION.replace("subject: web", "subject: '*'"), "workload/privileged on * is new"),
        (EXCEPTION, EXCEPTION.replace("2999-01-01", "2999-02-01"), "counts until 2999-02-01, and did until 2999-01-01"),
        (EXCEPTION, EXCEPTION.replace("2999-01-01", "2998-01-01"), ""),
        (EXCEPTION, "", ""),
    ],
)
def test_what_is_loosened_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], before: str, now: str, says: str
) -> None:
    project(before)
    if now:
        Path("dockworthy.yaml").write_text(now)
    else:
        Path("dockworthy.yaml").unlink()
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == (1 if says else 0), result
    assert not says or any(says in each for each in loosened(result))


def test_by_what_another_file_brings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project("policy: {extends: base.yaml}\n", base=RULE)
    Path("base.yaml").write_text(BASELINE)
    Path("compose.yaml").write_text(WEB.replace("shop", "bad"))
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1 and "web own" in new(result)
    assert loosened(result) == ["the rule custom/own is gone"]


@pytest.mark.parametrize("way", ["removed", "renamed", "a link", "a nearer one", "named"])
def test_the_policy_can_not_be_moved_away(here: Path, capsys: pytest.CaptureFixture[str], way: str) -> None:
    project(RULE)
    Path("deploy").mkdir()
    Path("deploy/compose.yaml").write_text(WEB.replace("shop", "bad"))
    arguments = ["--changed-since", "main", "deploy"]
    if way == "removed":
        git("rm", "-q", "dockworthy.yaml")
    elif way == "renamed":
        git("mv", "dockworthy.yaml", "deploy/old.yaml")
        Path("other.yaml").write_text(BASELINE)
    elif way == "a link":
        Path("other.yaml").write_text(BASELINE)
        Path("dockworthy.yaml").unlink()
        Path("dockworthy.yaml").symlink_to("other.yaml")
    elif way == "a nearer one":
        Path("deploy/dockworthy.yaml").write_text(BASELINE)
        os.chdir("deploy")
        arguments[-1] = "."
    else:
        Path("dockworthy.yaml").write_text(BASELINE)
        arguments[:0] = ["--policy", "dockworthy.yaml"]
    git("add", "-A", folder=str(here))
    git("commit", "-qm", "moved")
    status, result = checked(*arguments, capsys=capsys)
    assert status == 1, result
    assert "web own" in new(result)
    assert loosened(result) == ["the rule custom/own is gone"]


def test_an_old_branch_is_judged_by_the_policy_of_today(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project()
    git("checkout", "-q", "main")
    Path("dockworthy.yaml").write_text(RULE)
    git("add", "-A")
    git("commit", "-qm", "stricter")
    git("checkout", "-q", "work")
    Path("compose.yaml").write_text(WEB.replace("shop", "bad"))
    git("commit", "-qam", "bad")
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1 and new(result) == {"web own"}
    assert not [f for f in result["findings"] if f["control"] == "policy/loosened"]


def test_a_policy_from_elsewhere_is_taken_as_given(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(RULE)
    Path("dockworthy.yaml").write_text("policy: {level: production}\n")
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    pinned = here.parent / "pinned.yaml"
    pinned.write_text(EXCEPTION.replace("policy:\n", "policy:\n  level: baseline\n"))
    status, result = checked("--policy", str(pinned), "--changed-since", "main", ".", capsys=capsys)
    assert "web privileged" not in new(result)
    assert not [f for f in result["findings"] if f["control"] == "policy/loosened"]
    (told,) = [note for note in result["notes"] if "the project's own policy asks less than at main (" in note]
    assert "custom/own" in told and told.endswith(f"({pinned} counts here)")
    pinned.write_text(BASELINE)
    status, result = checked("--policy", str(pinned), "--changed-since", "main", ".", capsys=capsys)
    assert status == 1 and "web privileged" in new(result)
    Path("dockworthy.yaml").write_text("policy: {level: nothing}\n")
    _, result = checked("--policy", str(pinned), "--changed-since", "main", ".", capsys=capsys)
    assert any("project's own policy is not known: dockworthy.yaml:1" in note for note in result["notes"])
    Path("dockworthy.yaml").write_text(RULE.replace("baseline", "production"))
    _, result = checked("--policy", str(pinned), "--changed-since", "main", ".", capsys=capsys)
    assert not any("own policy" in note for note in result["notes"])


def test_a_new_comment_does_not_count(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE)
    Path("compose.yaml").write_text(WEB + ALLOW + PRIVILEGED)
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1 and "web privileged" in new(result)
    assert any("compose.yaml:4: the comment accepts nothing: at main" in note for note in result["notes"])


@pytest.mark.parametrize(
    ("comment", "counts"),
    [
        (ALLOW, True),
        (ALLOW.replace("needed", "still needed"), True),
        (ALLOW.replace("2999", "2998"), True),
        (ALLOW.replace("2999", "3999"), True),
        (ALLOW.replace("allow ", "allow-file "), False),
        (ALLOW.replace("privileged", "host-mounts"), False),
    ],
)
def test_a_comment_that_was_there(here: Path, capsys: pytest.CaptureFixture[str], comment: str, counts: bool) -> None:
    project(BASELINE, WEB + ALLOW + PRIVILEGED)
    Path("compose.yaml").write_text("# moved\n" + WEB + comment + PRIVILEGED + "    init: true\n")
    _, result = checked("--changed-since", "main", ".", capsys=capsys)
    outcomes = {f["outcome"] for f in result["findings"] if f["control"] == "workload/privileged"}
    assert ("excepted" in outcomes) is counts
    longer = [note for note in result["notes"] if "counts until 2999-01-01, as at main" in note]
    assert bool(longer) is ("3999" in comment)


def test_a_comment_speaks_for_its_service_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE, WEB + ALLOW + PRIVILEGED)
    other = "  db:\n    image: shop\n" + ALLOW + PRIVILEGED
    Path("compose.yaml").write_text(WEB + ALLOW + PRIVILEGED + other)
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1 and "db privileged" in new(result) and "web privileged" not in new(result)


@pytest.mark.parametrize("where", ["comment", "settings", "was there"])
def test_what_hadolint_ignores(here: Path, capsys: pytest.CaptureFixture[str], where: str) -> None:
    project(BASELINE)
    if where == "was there":
        Path("Dockerfile").write_text("FROM debian:13\nRUN true\n" + SILENT)
        git("add", "-A")
        git("commit", "-qm", "base")
        git("branch", "-f", "main")
        Path("Dockerfile").write_text("FROM debian:14\nRUN true\n" + SILENT)
    elif where == "comment":
        Path("Dockerfile").write_text("FROM debian:13\nRUN true\n" + SILENT)
    else:
        Path("Dockerfile").write_text("FROM debian:13\nRUN true\nUSER root\n")
        Path(".hadolint.yaml").write_text("ignored: [DL3002]\n")
    _, result = checked("--changed-since", "main", "--level", "production", ".", capsys=capsys)
    said = [note for note in result["notes"] if "DL3002 is not ignored" in note]
    assert bool(said) is (where != "was there")
    failing = {f["control"] for f in result["findings"] if f["outcome"] == "fail"}
    assert ("build/non-root-user" in failing) is (where != "was there")


def test_a_tracked_file_is_judged_although_it_is_ignored(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE)
    Path(".gitignore").write_text("evil*\nhidden/\n")
    Path("evil.yaml").write_text(WEB + PRIVILEGED)
    Path("hidden").mkdir()
    Path("hidden/compose.yaml").write_text(WEB + ETC)
    git("add", "-f", "evil.yaml", "hidden/compose.yaml", ".gitignore")
    Path("hidden/other.yaml").write_text(WEB + PRIVILEGED)
    _, result = checked("--changed-since", "main", ".", capsys=capsys)
    failing = {f["subject"] for f in result["findings"] if f["outcome"] == "fail"}
    assert failing == {"evil.yaml#web", "hidden/compose.yaml#web"}


def test_a_tag_does_not_stand_in_for_the_branch(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(RULE)
    Path("dockworthy.yaml").write_text(BASELINE)
    git("commit", "-qam", "loose")
    git("tag", "main")
    status, error = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 2 and "has more than one meaning here: refs/heads/main, refs/tags/main" in error
    status, result = checked("--changed-since", "refs/heads/main", ".", capsys=capsys)
    assert status == 1 and loosened(result)


@pytest.mark.parametrize("kind", ["tag", "branch"])
@pytest.mark.parametrize("length", [7, 12])
def test_a_name_does_not_stand_in_for_a_shortened_commit(
    here: Path, kind: str, length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    project(RULE)
    Path("dockworthy.yaml").write_text(BASELINE)
    git("commit", "-qam", "loose")
    whole = subprocess.run(["git", "rev-parse", "main"], check=True, capture_output=True, text=True).stdout.strip()
    short = whole[:length]
    status, result = checked("--changed-since", short, ".", capsys=capsys)
    assert status == 1 and loosened(result)
    git(kind, short)
    status, error = checked("--changed-since", short, ".", capsys=capsys)
    assert status == 2 and "has more than one meaning here" in error and whole in error
    status, result = checked("--changed-since", whole, ".", capsys=capsys)
    assert status == 1 and loosened(result)


def test_replaced_objects_and_grafts_do_not_count(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(RULE)
    Path("dockworthy.yaml").write_text(BASELINE)
    git("commit", "-qam", "loose")
    git("replace", "main", "work")
    Path(".git/info").mkdir(exist_ok=True)
    Path(".git/info/grafts").write_text("")
    status, result = checked("--changed-since", "refs/heads/main", ".", capsys=capsys)
    assert status == 1 and loosened(result)


def test_nothing_of_the_checkout_is_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every setting of a repository that names a program, and attributes that ask for them."""
    project(RULE)
    program = here.parent / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >>{here.parent}/ran\ncat\n')
    program.chmod(0o755)
    Path(".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    for setting in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
        "core.pager",
        "core.editor",
        "core.askPass",
        "credential.helper",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "gpg.program",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
    ):
        git("config", setting, str(program))
    git("config", "remote.origin.url", f"ext::{program}")
    git("config", "remote.origin.promisor", "true")
    git("config", "remote.origin.partialclonefilter", "blob:none")
    git("config", "extensions.partialClone", "origin")
    git("config", "core.hooksPath", str(here.parent / "hooks"))
    (here.parent / "hooks").mkdir()
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):
        shutil.copy(program, here.parent / "hooks" / hook)
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    status, _ = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1
    assert not (here.parent / "ran").exists(), (here.parent / "ran").read_text()
    for path in list(Path(".git/objects").glob("??/*")):  # what is missing is not fetched either
        if git_type(path) == "blob":
            path.unlink()
    status, error = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 2 and "is not here" in error
    assert not (here.parent / "ran").exists(), (here.parent / "ran").read_text()


def git_type(path: Path) -> str:
    return zlib.decompress(path.read_bytes()).split(b" ")[0].decode()


def test_a_folder_that_looks_like_a_repository(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(RULE)
    inner = Path("deploy")
    git("init", "-q", "--bare", str(inner))
    ran = here.parent / "ran"
    git("config", "-f", "deploy/config", "core.fsmonitor", f"touch {ran}; false")
    git("config", "-f", "deploy/config", "core.bare", "false")
    git("config", "-f", "deploy/config", "core.worktree", str(inner.resolve()))
    Path("deploy/compose.yaml").write_text(WEB.replace("shop", "bad"))
    status, result = checked("--changed-since", "main", "deploy/compose.yaml", capsys=capsys)
    assert not ran.exists()
    assert status == 2 or "web own" in new(result)


def test_for_people_and_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(RULE)
    Path("dockworthy.yaml").write_text(BASELINE)
    for format_ in ("table", "sarif", "junit", "github", "gitlab", "markdown", "html"):
        capsys.readouterr()
        assert run(["check", "--format", format_, "--changed-since", "main", "."]) == 1
        assert "custom/own is gone" in capsys.readouterr().out, format_
    capsys.readouterr()
    assert run(["explain", "policy/loosened"]) == 0
    assert "excuses itself" in " ".join(capsys.readouterr().out.split())
