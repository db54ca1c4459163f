"""Load from a process of its own, where an engine's network is: until its standard input ends; then it tells."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.edge.clients import Load
from machines.engines import OwnEngine, clean_environment
from patience import patience


@contextlib.contextmanager
def load_beside(engine: OwnEngine, host: str, *, rate: int = 100) -> Iterator[dict[str, Any]]:
    """Some are answered before the block begins. The dictionary holds what it told once the block has ended."""
    told: dict[str, Any] = {}
    running = subprocess.Popen(
        [*engine.inside, sys.executable, "-m", "deploy.edge.load_beside", host, str(rate)],
        env=clean_environment(PYTHONPATH=str(Path(__file__).parents[2])),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert running.stdout is not None and running.stdout.readline() == b"on\n"
        yield told
        told.update(json.loads(running.communicate(timeout=patience(30))[0]))
    finally:
        running.kill()
        running.communicate()


async def _until_told(host: str, rate: int) -> None:
    async with Load(80, host, rate) as load:
        await load.answered(rate // 2)
        print("on", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print(json.dumps({"count": load.count, "failures": load.failures, "slowest": load.slowest, "by": load.answers}))


if __name__ == "__main__":
    asyncio.run(_until_told(sys.argv[1], int(sys.argv[2])))
