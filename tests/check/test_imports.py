"""A call imports what it meets: most of a short one is imports, and it must stay as quick as other tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMPOSE = "services: {web: {image: 'shop:1', privileged: true}}\n"
POD = "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: 'shop:1'}]}}\n"
NEVER = ("_hashlib", "rich", "asyncio", "dockworthy.model.machine", "dockworthy.model.host", "dockworthy.controls.host")


@pytest.mark.parametrize(
    ("text", "reader", "others"),
    [
        (COMPOSE, "readers.compose.project", ("readers.kubernetes.objects", "readers.dockerfile.build")),
        (POD, "readers.kubernetes.objects", ("readers.compose.project", "readers.marathon.definitions")),
    ],
)
def test_only_the_reader_of_its_syntax_is_imported(
    tmp_path: Path, text: str, reader: str, others: tuple[str, ...]
) -> None:
    (tmp_path / "a.yaml").write_text(text)
    code = "import sys; from dockworthy.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, "check", "--render=own", "a.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Not yet" in done.stdout
    imported = set(done.stderr.split())
    assert f"dockworthy.{reader}" in imported
    assert not imported & {*NEVER, *(f"dockworthy.{other}" for other in others), "dockworthy.fix.compose_edit"}
