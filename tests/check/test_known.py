"""`--baseline` and `--changed-since`: the answer is by what is new, and nothing new hides behind what was there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run

WEB = "services:\n  web:\n    image: shop\n"
PRIVILEGED = "    privileged: true\n"
ETC = "    volumes:\n      - /etc:/host/etc\n"
ROOT = "      - /:/host\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}.items():
        monkeypatch.setenv(name, value)
    return folder


def git(*arguments: str, folder: str = ".") -> None:
    own = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "protocol.file.allow=always")
    subprocess.run(["git", "-C", folder, *own, *arguments], check=True, capture_output=True)


def committed(**files: str) -> None:
    git("init", "-q", "-b", "main")
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text)
    git("add", "-A")
    git("commit", "-qm", "first")


def checked(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    capsys.readouterr()
    status = run(["check", "--format", "json", *arguments])
    said = capsys.readouterr()
    return status, json.loads(said.out) if said.out else said.err


def new(result: Any) -> set[str]:
    """`service control` of what fails and is new."""
    failing = (finding for finding in result["findings"] if finding["outcome"] == "fail")
    return {f"{f['subject'].partition('#')[2]} {f['control'].rpartition('/')[2]}" for f in failing}


def test_a_baseline_of_itself_leaves_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    assert run(["check", "--format", "json", "-o", "known.json", "compose.yaml"]) == 1
    status, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert status == 0
    assert result["verdict"]["answer"] == "accepted"
    assert result["counts"]["fail"] == 0
    assert "workload/privileged" in {finding["control"] for finding in result["known"]}
    assert f"{len(result['known'])} failures are known from known.json" in result["verdict"]["because"]
    assert not result["subjects"][0]["worthy"], "known is not worthy"


def test_what_moves_stays_known_and_what_is_new_fails(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + ETC)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text("# a line more\n\n" + WEB + PRIVILEGED + ETC)
    status, result = checked("--baseline", "known.json", "./compose.yaml", capsys=capsys)
    assert status == 1
    assert "web privileged" in new(result)
    assert "web host-mounts" not in new(result)


def test_a_second_reason_does_not_hide_behind_the_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + ETC)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text(WEB + ETC + ROOT)
    status, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert status == 1
    assert any("host" in name for name in new(result))


def test_a_new_service_is_new(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text(WEB + "  db: {image: db}\n")
    _, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert {name.split()[0] for name in new(result)} == {"db"}


def test_what_was_mended_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    Path("compose.yaml").write_text(WEB)
    _, result = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert any("mended: save it anew" in note for note in result["notes"])


def test_a_result_by_a_baseline_can_be_the_next_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    assert run(["check", "--baseline", "known.json", "--format", "json", "-o", "known.json", "compose.yaml"]) == 0
    assert checked("--baseline", "known.json", "compose.yaml", capsys=capsys)[0] == 0


def test_people_see_how_many_are_known(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text(WEB + PRIVILEGED)
    run(["check", "--format", "json", "-o", "known.json", "compose.yaml"])
    assert run(["check", "--baseline", "known.json", "compose.yaml"]) == 0
    short = capsys.readouterr().out
    assert "Known from known.json" in short
    assert "What fails" not in short and "Yes, with accepted risks" in short
    run(["check", "-v", "--baseline", "known.json", "compose.yaml"])
    assert "workload/privileged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("{", "cut short"),
        ("[]", "not a result"),
        ('{"snapshot": 1}', "facts that were not judged"),
    ],
)
def test_what_is_no_baseline(here: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str) -> None:
    Path("compose.yaml").write_text(WEB)
    if content is not None:
        Path("known.json").write_text(content)
    status, error = checked("--baseline", "known.json", "compose.yaml", capsys=capsys)
    assert status == 2
    assert says in error


def test_only_what_a_branch_made_worse(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(a=WEB + PRIVILEGED, b=WEB)
    git("checkout", "-qb", "work")
    Path("b.yaml").write_text("# moved\n" + WEB + PRIVILEGED)
    Path("c.yaml").write_text("services:\n  new: {image: x}\n")
    status, result = checked("--changed-since", "main", ".", capsys=capsys)
    assert status == 1
    assert "web privileged" in new(result)
    assert "web memory-limit" not in new(result)
    assert "new memory-limit" in new(result)
    assert {finding["subject"] for finding in result["findings"] if finding["outcome"] == "fail"} == {
        "b.yaml#web",
        "c.yaml#new",
    }
    assert result["known_from"].startswith("main (")


def test_nothing_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(a=WEB + PRIVILEGED + ETC + "      - ./data:/data\n")
    status, result = checked("--changed-since", "HEAD", ".", capsys=capsys)
    assert (status, new(result)) == (0, set())


def test_by_where_the_branch_began(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(a=WEB + PRIVILEGED)
    git("checkout", "-qb", "work")
    git("commit", "--allow-empty", "-qm", "work")
    git("checkout", "-q", "main")
    Path("a.yaml").write_text(WEB)
    git("commit", "-qam", "mended on main")
    git("checkout", "-q", "work")
    assert checked("--changed-since", "main", "a.yaml", capsys=capsys)[0] == 0


def test_staged_renamed_and_in_a_folder(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(a=WEB + PRIVILEGED)
    Path("deploy").mkdir()
    git("mv", "a.yaml", "deploy/b.yaml")
    monkeypatch.chdir("deploy")
    assert new(checked("--changed-since", "HEAD", "b.yaml", capsys=capsys)[1]) == set()
    assert new(checked("--changed-since", "HEAD", str(here / "deploy"), capsys=capsys)[1]) == set()


def test_what_git_ignores_is_taken_as_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".gitignore").write_text(".env\n")
    committed(a="services:\n  web: {image: '${IMAGE}'}\n")
    Path(".env").write_text("IMAGE=shop:latest\n")
    assert new(checked("--changed-since", "HEAD", "a.yaml", capsys=capsys)[1]) == set()


def test_what_a_file_refers_to_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(a="services:\n  web:\n    extends: {file: base.yaml, service: web}\n", base=WEB)
    Path("base.yaml").write_text(WEB + PRIVILEGED)
    assert "web privileged" in new(checked("--changed-since", "HEAD", "a.yaml", capsys=capsys)[1])


def test_in_a_worktree_and_a_submodule(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(a=WEB + PRIVILEGED)
    git("worktree", "add", "-q", "../tree")
    assert new(checked("--changed-since", "main", "../tree", capsys=capsys)[1]) == set()
    git("init", "-q", "../outer")
    git("submodule", "add", "-q", str(here), "inner", folder="../outer")
    git("commit", "-qm", "with a submodule", folder="../outer")
    assert new(checked("--changed-since", "HEAD", "../outer", capsys=capsys)[1]) == set()
    Path("../outer/inner/a.yaml").write_text(WEB + PRIVILEGED + ETC)
    assert new(checked("--changed-since", "HEAD", "../outer", capsys=capsys)[1])


def test_inside_of_a_hook(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    committed(a=WEB + PRIVILEGED)
    monkeypatch.setenv("GIT_DIR", "nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert checked("--changed-since", "HEAD", ".", capsys=capsys)[0] == 0


def test_the_buffer_of_an_editor(here: Path) -> None:
    committed(a=WEB + PRIVILEGED)
    program = ["dockworthy", "check", "--format", "json", "--changed-since", "HEAD", "--stdin-name", "a.yaml", "-"]
    done = subprocess.run(
        [sys.executable, "-m", *program], input=(WEB + PRIVILEGED + ETC).encode(), capture_output=True
    )
    assert done.returncode == 1, done.stderr
    assert all("privileged" not in name for name in new(json.loads(done.stdout)))


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "-n", "", "HEAD:a.yaml"])
def test_no_such_commit(here: Path, capsys: pytest.CaptureFixture[str], ref: str) -> None:
    committed(a=WEB)
    status, error = checked(f"--changed-since={ref}", ".", capsys=capsys)
    assert status == 2
    assert "there is no such commit" in error and "hint:" in error


def test_no_repository_no_git_no_history(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.yaml").write_text(WEB)
    status, error = checked("--changed-since", "main", "a.yaml", capsys=capsys)
    assert status == 2 and "lies in no Git repository" in error
    committed(a=WEB)
    git("checkout", "-q", "--orphan", "other")
    git("commit", "-qm", "other")
    status, error = checked("--changed-since", "main", "a.yaml", capsys=capsys)
    assert status == 2 and "no commit in common" in error
    monkeypatch.setenv("PATH", str(here))
    status, error = checked("--changed-since", "main", "a.yaml", capsys=capsys)
    assert status == 2 and "no program git" in error


def test_both_are_one_too_many(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, error = checked("--changed-since", "main", "--baseline", "a.json", "a.yaml", capsys=capsys)
    assert status == 2 and "exclude each other" in error
