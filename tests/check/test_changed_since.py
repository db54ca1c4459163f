"""`--changed-since`: the answer is by what a branch made worse, however the files were changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from known_failures import ETC, PRIVILEGED, WEB, checked, committed, enter, git, new

pytestmark = pytest.mark.slow


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


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
