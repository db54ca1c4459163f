"""`dockworthy fix` on Dockerfiles: found in folders, shown, written, judged where they lie."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dockworthy.cli.run import run
from dockworthy.errors import UsageError
from dockworthy.model.levels import Level
from dockworthy.model.repair import Repair
from dockworthy.proving import _the_one
from dockworthy.repair import RepairOptions, plan_repair
from fix.shop_file import AFTER, BEFORE, kept_files

DOCKERFILE = (
    b"FROM debian:13\r\nENV DB_PASSWORD hunter2\r\nADD shop.py /x/  \r\nRUN if :; then pip install a==1; fi\r\n"
    b"RUN apt-get update && apt-get install -y --no-install-recommends a=1; exit 0\r\nCMD shop"
)
SAFE = (
    DOCKERFILE.replace(b"ENV DB_PASSWORD hunter2", b"ENV DB_PASSWORD=hunter2")
    .replace(b"ADD shop", b"COPY shop")
    .replace(b"pip install", b"pip install --no-cache-dir")
)


@pytest.fixture
def dockerfile(compose: Path) -> Path:
    """Beside a Compose file."""
    file = compose.with_name("Dockerfile")
    file.write_bytes(DOCKERFILE)
    return file


def test_folder_has_both_kinds_of_files_repaired(
    dockerfile: Path, compose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fix", "."]) == 1, "the last step has no place for a clean-up"
    assert dockerfile.read_bytes() == SAFE and compose.read_text() == AFTER
    assert {kept.read_bytes() for kept in kept_files(compose)} == {DOCKERFILE, BEFORE.encode()}
    out = " ".join(capsys.readouterr().out.split())
    assert "line 3 copies by COPY" in out and "Dockerfile:5: a command behind its last one might never run" in out
    assert run(["fix", "--all", "--control", "exec-form", "Dockerfile"]) == 0
    assert dockerfile.read_bytes() == SAFE.replace(b"CMD shop", b'CMD ["shop"]')
    assert run(["fix", "."]) == 1
    assert len(kept_files(compose)) == 3, "another run writes nothing"


@pytest.mark.parametrize("option", ["--diff", "--dry-run"])
def test_what_only_shows_writes_nothing_and_hides_secrets(
    dockerfile: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fix", "--all", option, "Dockerfile"]) == 1
    out = "".join(capsys.readouterr())
    assert dockerfile.read_bytes() == DOCKERFILE
    assert "hunter2" not in out
    assert ("+COPY shop.py" in out) is (option == "--diff")
    assert ("might break" in out) is (option == "--dry-run")


def test_standard_input_comes_back_repaired(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = b"FROM debian:13\nMAINTAINER Ann\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text), isatty=lambda: False))
    assert run(["fix", "-"]) == 0
    assert capsys.readouterr().out == 'FROM debian:13\nLABEL org.opencontainers.image.authors="Ann"\n'


def test_json_names_lines_and_what_was_not_made(dockerfile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "--format", "json", "Dockerfile"]) == 1
    (file,) = json.loads(capsys.readouterr().out)["files"]
    made = {fix["control"]: fix["lines"] for fix in file["made"]}
    assert made == {"build/copy-not-add": [3], "build/current-instructions": [2], "build/package-cache": [4]}
    assert [(fix["control"], fix["lines"]) for fix in file["not_made"]] == [("build/package-cache", [5])]
    assert [(fix["control"], fix["kind"]) for fix in file["offered"]] == [("build/exec-form", "to-be-proven")]


@pytest.mark.parametrize("text", [b"FROM\n", b"FROM a\nRUN <<E\nx\n", b"FROM a\nADD x\n\xff", b"USER 1\n"])
def test_broken_file_is_not_touched(dockerfile: Path, text: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile.write_bytes(text)
    assert run(["fix", "--all", "Dockerfile"]) == 2
    assert "Dockerfile can't be read: " in capsys.readouterr().out
    assert dockerfile.read_bytes() == text


def test_exception_of_the_policy_is_left_alone(dockerfile: Path) -> None:
    dockerfile.with_name("dockworthy.yaml").write_text(
        "policy:\n  exceptions:\n"
        "    - {control: build/copy-not-add, subject: Dockerfile, reason: it is so, owner: ann, expires: 2099-01-01}\n"
    )
    assert run(["fix", "Dockerfile"]) == 1
    assert dockerfile.read_bytes() == SAFE.replace(b"COPY shop", b"ADD shop")


def test_verify_is_for_services(dockerfile: Path) -> None:
    repair = plan_repair(["."], RepairOptions(level=Level.PRODUCTION))
    assert {file.file for file in repair.files} == {"Dockerfile", "compose.yaml"}
    assert _the_one(repair).file == "compose.yaml"
    with pytest.raises(UsageError, match="services of a Compose file"):
        _the_one(Repair(files=tuple(file for file in repair.files if file.is_build)))


def test_editor_and_code_scanning_get_the_lines(dockerfile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--format", "sarif", "Dockerfile"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    fixes = {result["ruleId"]: result["fixes"] for result in results if "fixes" in result}
    (change,) = fixes["build/copy-not-add"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"] == {"startLine": 3, "startColumn": 1, "endLine": 4, "endColumn": 1}
    assert replacement["insertedContent"]["text"] == "COPY shop.py /x/  \r\n"
    assert run(["check", "Dockerfile"]) == 1
    assert "can be made in the file" in capsys.readouterr().out
