"""A project in a folder, and dockworthy asked in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run


class Project:
    """Writes files into a folder and runs dockworthy there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def write(self, **files: str) -> None:
        """`compose__yaml` stands for compose.yaml, `Dockerfile` for itself."""
        for name, text in files.items():
            (self.folder / name.replace("__", ".")).write_text(text)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        self._capsys.readouterr()
        status = run(list(arguments))
        shown = self._capsys.readouterr()
        return status, shown.out, shown.err

    def checked(self, *arguments: str) -> dict[str, Any]:
        """The JSON result of `check`."""
        _, out, _ = self.run("check", "--format", "json", *(arguments or ("compose.yaml",)))
        document: dict[str, Any] = json.loads(out)
        return document

    def outcome(self, control: str, subject: str) -> str:
        (found,) = [
            f["outcome"] for f in self.checked()["findings"] if (f["control"], f["subject"]) == (control, subject)
        ]
        return str(found)
