"""No report steers the agent of a pipeline that prints it, nor turns the writing of a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dockworthy.cli.formats import FORMATS
from dockworthy.cli.run import run
from dockworthy.report.visible import json_for_logs, without_commands

COMMANDS = ("##vso[task.setvariable variable=A]b", "##[add-path]/tmp", "##VSO[x]", "###[group]", "##teamcity[x]")
FOREIGN = "[" + ", ".join(json.dumps(f"/srv/{each}:/a{n}") for n, each in enumerate(COMMANDS)) + "]"
COMPOSE = f"""\
services:
  "#vso[task.complete result=Succeeded;]done":
    image: "a/{COMMANDS[0]}"
    privileged: true
    user: "\u202eroot"
    pid: host # {COMMANDS[1]}
    environment: {{"PASSWORD_##[x]": {COMMANDS[0]!r}}}
    volumes: {FOREIGN}
  "b##[error]x":
    image: "a:1"
    privileged: "${{A:?{COMMANDS[0]}}}"
    cap_add: ["##vso[a]"]
    # dockworthy: allow {COMMANDS[1]} until 2999-01-01: {COMMANDS[0]}
    ports: ["80:80"]
"""
STEERS = re.compile(r"##\w*\[", re.IGNORECASE)
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("format_", ["table", *FORMATS])
@pytest.mark.parametrize("file", ["compose.yaml", "##[x].yaml", "##vso[x]"])
def test_no_format_carries_a_command_of_a_pipelines_agent(
    format_: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_text(COMPOSE)
    (tmp_path / "##[broken].yaml").write_text("services: {web: {image: a, ##vso[x]: [}")
    (tmp_path / "plain.yaml").write_text("services: {web: {image: a}}")
    assert run(["check", "-v", "--render", "own", "--format", format_, "."]) in (1, 2)
    said = capsys.readouterr()
    assert "vso[task" in said.out
    assert not STEERS.search(said.out) and not TURNS.search(said.out)
    assert not STEERS.search(said.err) and not TURNS.search(said.err)


def test_an_error_carries_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dockworthy.yaml").write_text(f"policy: {{{json.dumps(COMMANDS[0])}: 1}}")
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a}}")
    assert run(["check", "compose.yaml"]) == 2
    said = capsys.readouterr()
    assert "# #vso[" in said.err and not STEERS.search(said.err)


@pytest.mark.parametrize("text", [*COMMANDS, "a\u202eb\u2066", "\x7f ## [", "é港🚢 ##a[", "\U000e0041"])
def test_json_says_the_same(text: str) -> None:
    encoded = json_for_logs(json.dumps({"a": text}, ensure_ascii=False).encode())
    assert json.loads(encoded) == {"a": text}
    assert not STEERS.search(encoded.decode()) and encoded.decode().isprintable()


@pytest.mark.parametrize("text", ["## Heading", "a ## [b]", "#[derive]", "[##]", "##"])
def test_what_steers_nothing_stays(text: str) -> None:
    assert without_commands(text) == text
