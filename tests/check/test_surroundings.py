"""Where `check` is called from: hooks, pipelines, editors."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dockworthy.cli.run import run

ROOT = Path(__file__).parents[2]
COMPOSE = b"services:\n  web: {image: shop}\n"
HEAVY = {"aiohttp", "aiodocker", "jinja2", "rich", "cel", "ruamel", "pathspec", "asyncio", "hypothesis"}


def hook() -> dict[str, object]:
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return dict(only)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("compose.yaml", True),
        ("deploy/docker-compose.prod", True),
        ("Dockerfile", True),
        ("web.Dockerfile", True),
        ("k8s/pod.yml", True),
        (".env", True),
        ("main.py", False),
        ("README.md", False),
    ],
)
def test_the_hook_is_given_what_may_be_ours(name: str, asked: bool) -> None:
    assert (re.search(str(hook()["files"]), name) is not None) is asked


def test_the_hooks_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_bytes(COMPOSE)
    Path("values.yaml").write_text("replicas: 3\n")
    program, *arguments = shlex.split(str(hook()["entry"]))
    assert program == "dockworthy"
    assert run([*arguments, "compose.yaml", "values.yaml"]) == 1
    assert run([*arguments, "values.yaml"]) == 0
    Path("compose.yaml").write_text("services: [")
    assert run([*arguments, "compose.yaml"]) == 2


def test_without_it_a_named_file_must_be_ours(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    assert run(["check", str(tmp_path / "values.yaml")]) == 2


def test_commands_of_the_page_for_pipelines_exist() -> None:
    from dockworthy.cli.check import check

    known = {option for parameter in check.params for option in parameter.opts}
    page = (ROOT / "docs" / "ci.md").read_text()
    for command in re.findall(r"dockworthy\\? check\\?([^\n`]*)", page):
        assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", command)) <= known, command


def test_a_buffer_goes_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_bytes(COMPOSE)
    buffer = b"services:\n  web:\n    extends: {file: base.yaml, service: web}\n    privileged: true\n"
    program = [sys.executable, "-m", "dockworthy", "check", "--format", "sarif", "--stdin-name", "deploy.yaml", "-"]
    done = subprocess.run(program, input=buffer, capture_output=True, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    results = json.loads(done.stdout)["runs"][0]["results"]
    (privileged,) = (result for result in results if result["ruleId"] == "workload/privileged")
    place = privileged["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("deploy.yaml", 4)


def test_a_name_needs_standard_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_bytes(COMPOSE)
    assert run(["check", "--stdin-name", "a.yaml", str(tmp_path / "a.yaml")]) == 2
    assert "no PATH is -" in capsys.readouterr().err


def test_one_file_imports_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    """What keeps it quick enough for an editor, on whatever machine."""
    program = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "dockworthy",
        "check",
        "--format",
        "sarif",
        "--render",
        "own",
        "-",
    ]
    done = subprocess.run(program, input=COMPOSE, capture_output=True, cwd=tmp_path)
    assert done.returncode == 1
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.decode().splitlines()}
    assert not imported & HEAVY
