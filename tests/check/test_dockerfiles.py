"""Dockerfiles from the command line to the report: in every format, by standard input, in folders, broken ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run

SECRET = "sk_live_51HqLyjWDarjtT1zdp7dc"
FILE = f"""# syntax=docker/dockerfile:1.7
ARG PYTHON=3.13
FROM python:${{PYTHON}}-slim AS build
WORKDIR /src
ENV STRIPE_API_KEY={SECRET}
RUN --mount=type=cache,target=/root/.cache/pip <<EOF
set -eu
pip wheel -r requirements.txt
curl -fsSL https://example.com/install.sh | sh
EOF

FROM python:3.13-slim AS final
COPY --from=build /src/wheels /wheels
COPY <<-"EOF" /etc/shop.toml
	[shop]
	EOF
CMD ["shop"]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(*arguments: str) -> tuple[int, dict[str, Any]]:
    status = run(["check", *arguments, "--format", "json", "-o", "out.json"])
    return status, json.loads(Path("out.json").read_text())


def failing(document: dict[str, Any]) -> dict[str, list[int]]:
    """Control -> the line of its evidence, for what fails."""
    return {
        finding["control"]: finding["evidence"]["line"]
        for finding in document["findings"]
        if finding["outcome"] == "fail"
    }


def test_a_real_file_is_judged_whole() -> None:
    Path("Dockerfile").write_text(FILE)
    status, document = judged("Dockerfile")
    assert status == 1
    assert document["subjects"] == [{"id": "Dockerfile", "kind": "build", "file": "Dockerfile", "worthy": False}]
    found = failing(document)
    assert found["build/secrets"] == 5
    assert found["build/piped-install"] == 9
    assert found["build/non-root-user"] == 12
    assert found["build/pinned-base"] == 3
    assert "build/exec-form" not in found and "build/absolute-workdir" not in found


def test_levels() -> None:
    Path("Dockerfile").write_text("FROM debian:13\nRUN sudo ls\nCMD shop\n")
    assert failing(judged("Dockerfile", "--level", "baseline")[1]) == {}
    assert set(failing(judged("Dockerfile", "--level", "restricted")[1])) == {"build/non-root-user"}


@pytest.mark.parametrize("format_", ["table", "json", "sarif", "html", "markdown", "junit", "github", "gitlab"])
def test_every_format_names_file_and_line_and_no_secret(format_: str) -> None:
    Path("Dockerfile").write_text(FILE)
    assert run(["check", "Dockerfile", "-v", "--format", format_, "-o", "out"]) == 1
    text = Path("out").read_text()
    assert "Dockerfile" in text and "build/secrets" in text
    assert re.search(r"\b5\b", text)
    assert SECRET not in text and SECRET[8:] not in text


def test_standard_input() -> None:
    command = [sys.executable, "-m", "dockworthy", "check", "-", "--format", "json"]
    done = subprocess.run(command, input=FILE, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert failing(json.loads(done.stdout))["build/secrets"] == 5


def test_a_fit_file() -> None:
    digest = "sha256:" + "a" * 64
    Path("Dockerfile").write_text(
        f"FROM python:3.13-slim-trixie@{digest}\nCOPY shop /shop\nUSER 10001\n"
        'HEALTHCHECK CMD ["/shop", "ok"]\nCMD ["/shop"]\n'
    )
    status, document = judged("Dockerfile")
    assert failing(document) == {}
    assert (status, document["verdict"]["answer"]) == (0, "yes")


def test_an_ignored_rule_is_an_accepted_risk() -> None:
    Path("Dockerfile").write_text("FROM scratch\nUSER 7\n# hadolint ignore=DL3000\nWORKDIR app\n")
    _, document = judged("Dockerfile")
    (found,) = [f for f in document["findings"] if f["control"] == "build/absolute-workdir"]
    assert found["outcome"] == "excepted"
    assert "DL3000 is ignored: Dockerfile:3" in found["evidence"]["says"]


@pytest.mark.parametrize("format_", ["table", "json", "sarif", "html", "markdown", "junit"])
def test_every_format_says_what_accepts_it(format_: str) -> None:
    Path("Dockerfile").write_text("FROM scratch\nUSER 7\n# hadolint ignore=DL3000\nWORKDIR app\n")
    run(["check", "Dockerfile", "-v", "--format", format_, "-o", "out"])
    text = " ".join(Path("out").read_text().split())
    assert "DL3000 is ignored: Dockerfile:3" in text.replace("\\", "")
    if format_ == "sarif":
        results = json.loads(text)["runs"][0]["results"]
        (suppressed,) = [r for r in results if r.get("suppressions")]
        assert suppressed["ruleId"] == "build/absolute-workdir"
        assert suppressed["suppressions"][0]["kind"] == "inSource"


def test_a_broken_file_that_was_named() -> None:
    Path("Dockerfile").write_text("FROM debian:13\nRUNN x\n")
    Path("b.Dockerfile").write_text("FROM debian:13\n")
    status, document = judged("Dockerfile", "b.Dockerfile")
    assert status == 2
    assert [s["id"] for s in document["subjects"]] == ["b.Dockerfile"]
    assert any("Dockerfile:2: unknown instruction" in because for because in document["verdict"]["because"])


def test_a_folder_is_walked_for_them() -> None:
    Path("web").mkdir()
    Path("web/Dockerfile").write_text("FROM debian:13\n")
    Path("web/Dockerfile.broken").write_text("FROM debian:13\nRUN <<EOF\n")
    Path("web/build").write_text("# by its content\nFROM debian:13\nUSER 7\n")
    Path("web/Dockerfile.md").write_text("FROM here on nothing is built\n")
    Path("web/mail").write_text("From: ann@example.com\n\nFROM debian\n")
    _, document = judged("web")
    assert [s["id"] for s in document["subjects"]] == ["web/Dockerfile", "web/build"]
    assert any("web/Dockerfile.broken:2" in because for because in document["verdict"]["because"])


def test_a_folder_called_dockerfile(capfd: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").mkdir()
    assert run(["check", "Dockerfile"]) == 2
    assert "nothing to judge" in capfd.readouterr().err
    Path("Dockerfile/Dockerfile").write_text("FROM debian:13\n")
    assert [s["id"] for s in judged("Dockerfile")[1]["subjects"]] == ["Dockerfile/Dockerfile"]


@pytest.mark.parametrize("content", [b"\x7fELF\0\0", b"FROM \xff\n", b"", b"\0" * 100])
def test_what_is_no_text(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_bytes(content)
    assert run(["check", "Dockerfile"]) == 2
    said = capfd.readouterr()
    assert "Dockerfile" in said.out + said.err and "Traceback" not in said.err
