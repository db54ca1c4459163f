"""Compose is asked again where a swarm took a network away just then."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.composed import composed
from dockworthy.deploy.compose_command import ComposeCommand
from dockworthy.errors import EngineError

FAKE = """#!/bin/sh
cat >/dev/null
echo x >>"$0.calls"
[ "$(wc -l <"$0.calls")" -gt FAILS ] || { echo "Error response from daemon: SAYS" >&2; exit 1; }
"""


@pytest.mark.parametrize(
    ("fails", "says", "calls", "ends_well"),
    [
        (1, "network rdvcpy5 not found", 2, True),
        (9, "network rdvcpy5 not found", 3, False),
        (9, "port is already allocated", 1, False),
    ],
)
async def test_up(tmp_path: Path, fails: int, says: str, calls: int, ends_well: bool) -> None:
    program = tmp_path / "cli-plugins" / "docker-compose"
    program.parent.mkdir()
    program.write_text(FAKE.replace("FAILS", str(fails)).replace("SAYS", says))
    program.chmod(0o755)
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": "/usr/bin:/bin"}
    compose = ComposeCommand("unix:///nowhere", str(tmp_path), environ)
    if ends_well:
        await compose.up(composed(name="edge", services={}))
    else:
        with pytest.raises(EngineError, match=f"edge can't be started: {says}"):
            await compose.up(composed(name="edge", services={}))
    assert len(Path(f"{program}.calls").read_text().splitlines()) == calls
