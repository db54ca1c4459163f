"""`dockworthy fix`: what it shows, what it repairs, and what it leaves alone."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dockworthy.cli.run import run
from fix.shop_file import AFTER, BEFORE, kept_files


def test_safe_fixes_alone_are_written_and_the_old_file_is_kept(
    compose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compose.chmod(0o640)
    assert run(["fix", "compose.yaml"]) == 0
    assert compose.read_text() == AFTER
    assert stat.S_IMODE(compose.stat().st_mode) == 0o640
    (kept,) = kept_files(compose)
    assert kept.read_text() == BEFORE and stat.S_IMODE(kept.stat().st_mode) == 0o600
    out, err = capsys.readouterr()
    assert "workload/log-rotation" in out and "--all" in out and "recreated" in out
    assert str(kept) in err


def test_second_run_changes_not_a_byte(compose: Path) -> None:
    assert run(["fix", "--all", "compose.yaml"]) == 0
    once, when = compose.read_bytes(), compose.stat().st_mtime_ns
    assert b"privileged" not in once and b"cap_drop" in once and b"# ours" in once
    assert run(["fix", "--all", "compose.yaml"]) == 0
    assert (compose.read_bytes(), compose.stat().st_mtime_ns) == (once, when)
    assert len(kept_files(compose)) == 1


@pytest.mark.parametrize("option", ["--diff", "--dry-run"])
def test_what_only_shows_writes_nothing(compose: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert run(["fix", "--all", option, "compose.yaml"]) == 0
    assert compose.read_text() == BEFORE and not kept_files(compose)
    out = "".join(capsys.readouterr())
    assert "hunter2" not in out
    assert ("-    privileged: true" in out) is (option == "--diff")
    assert ("might break" in out) is (option == "--dry-run")


def test_diff_hides_secrets_of_lines_that_change(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_text("services: {web: {image: shop, environment: {DB_PASSWORD: hunter2}, privileged: true}}\n")
    assert run(["fix", "--all", "--diff", "compose.yaml"]) == 0
    assert "hunter2" not in "".join(capsys.readouterr())
    assert run(["fix", "--all", "compose.yaml"]) == 0
    assert "hunter2" in compose.read_text()


def test_one_control_alone(compose: Path) -> None:
    assert run(["fix", "--all", "--control", "privileged", "compose.yaml"]) == 0
    assert compose.read_text() == BEFORE.replace("    privileged: true\n", "")


@pytest.mark.parametrize("id", ["memory-limit", "nonsense"])
def test_control_without_a_repair_is_an_error(compose: Path, id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "--control", id, "compose.yaml"]) == 2
    assert "hint:" in capsys.readouterr().err and compose.read_text() == BEFORE


def test_what_an_exception_accepts_is_left_alone(compose: Path) -> None:
    accepted = BEFORE.replace(
        "  web:\n", "  web:  # dockworthy: allow workload/privileged until 2099-01-01: it is the builder\n"
    )
    compose.write_text(accepted)
    assert run(["fix", "--all", "compose.yaml"]) == 1, "dropping capabilities means nothing while it is privileged"
    left = compose.read_text()
    assert "privileged: true" in left and "read_only: true" in left and "cap_drop" not in left


def test_standard_input_comes_back_repaired(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(BEFORE.encode()), isatty=lambda: False))
    assert run(["fix", "-"]) == 0
    assert capsys.readouterr().out == AFTER
    assert compose.read_text() == BEFORE


def test_json_names_what_was_made_and_what_was_not_asked_for(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "--format", "json", "compose.yaml"]) == 0
    said = json.loads(capsys.readouterr().out)
    (file,) = said["files"]
    assert (said["command"], said["written"], file["changes"]) == ("fix", True, True)
    assert Path(file["kept_at"]).read_text() == BEFORE
    assert [made["control"] for made in file["made"]] == ["workload/log-rotation"]
    assert "workload/privileged" in [offered["control"] for offered in file["offered"]]


def test_fix_that_has_no_place_is_named_and_the_status_says_so(
    compose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compose.write_text("x-a: &a\n  privileged: true\nservices:\n  web:\n    <<: *a\n    image: shop\n")
    assert run(["fix", "--all", "--control", "privileged", "compose.yaml"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "not made" in out and "compose.yaml:2: services.web.privileged is written at &a" in out and "by hand" in out


@pytest.mark.parametrize("text", ["services: [", "services: {web: {image: a, image: b}}", "a: 1"])
def test_broken_file_is_not_touched(compose: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_text(text)
    assert run(["fix", "compose.yaml"]) == 2
    assert "compose.yaml" in "".join(capsys.readouterr())
    assert compose.read_text() == text


def test_other_files_of_a_folder_are_repaired_beside_a_broken_one(compose: Path) -> None:
    (compose.parent / "other.yaml").write_text("services: [")
    assert run(["fix", "."]) == 2
    assert compose.read_text() == AFTER


def test_terminal_is_asked_and_no_means_no(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: True))
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert run(["fix", "compose.yaml"]) == 2
    assert "log-rotation" in capsys.readouterr().err and compose.read_text() == BEFORE
    assert run(["fix", "--yes", "compose.yaml"]) == 0
    assert compose.read_text() == AFTER


def test_code_scanning_gets_the_lines_of_each_fix(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--format", "sarif", "compose.yaml"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    fixes = {result["ruleId"]: result["fixes"] for result in results if "fixes" in result}
    (change,) = fixes["workload/privileged"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"]["startLine"] == 6
    assert not replacement["insertedContent"]["text"]
    assert "workload/log-rotation" in fixes and "workload/writable-root" in fixes
