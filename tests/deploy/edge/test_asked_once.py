"""What HAProxy is asked in a container of its own ends when nobody waits for the answer any more."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from dockworthy.deploy.edge.image import asked_once
from dockworthy.engine.docker_command import Docker
from dockworthy.errors import EngineTimeout
from patience import patience

_DOCKER = """\
#!/bin/sh
# Its `run` goes on in the engine when docker itself is ended.
printf '%s\\n' "$*" >>"$DOCKER_ASKED"
[ "$1" != run ] || exec sleep 60
"""


def _docker(folder: Path) -> tuple[Docker, Path]:
    program, asked = folder / "bin" / "docker", folder / "asked"
    program.parent.mkdir()
    program.write_text(_DOCKER)
    program.chmod(0o755)
    environ = {"PATH": f"{program.parent}:{os.environ['PATH']}", "DOCKER_ASKED": str(asked)}
    return Docker("unix:///nowhere", environ), asked


@pytest.mark.parametrize("by", ["time", "interruption"])
async def test_a_container_that_is_asked_goes_also_when_nobody_waits(by: str, tmp_path: Path) -> None:
    docker, asked = _docker(tmp_path)
    if by == "time":
        with pytest.raises(EngineTimeout):
            await asked_once(docker, "image", "-c", timeout=0.5)
    else:
        asking = asyncio.create_task(asked_once(docker, "image", "-c"))
        async with asyncio.timeout(patience(20)):
            while not asked.exists():
                await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    run, *later = asked.read_text().splitlines()
    name = run.split("--name ")[1].split()[0]
    assert later == [f"rm --force {name}"]
