"""Takes a project's routes from the edge of this host; an edge that is left without any is removed with them.

remove_routes.py PROJECT
"""

from __future__ import annotations

import asyncio
import os
import sys

from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.site import reach
from dockworthy.errors import DockworthyError


async def remove(project: str) -> None:
    async with reach(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock", command="deploy") as site:
        await EdgeRunner(site).remove(project, edge_too=True)


if __name__ == "__main__":
    try:
        asyncio.run(remove(sys.argv[1]))
    except DockworthyError as error:
        sys.exit(f"error: {error.says}" + (f"\n  hint: {error.hint}" if error.hint else ""))
