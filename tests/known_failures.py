"""A project with failures, asked again: what is new? For the tests of `--baseline` and `--changed-since`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run

WEB = "services:\n  web:\n    image: shop\n"
PRIVILEGED = "    privileged: true\n"
ETC = "    volumes:\n      - /etc:/host/etc\n"
ROOT = "      - /:/host\n"


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Into the project `shop`, empty. Git knows nobody there."""
    shop = folder / "shop"
    shop.mkdir()
    monkeypatch.chdir(shop)
    for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}.items():
        monkeypatch.setenv(name, value)
    return shop


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
