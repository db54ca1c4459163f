"""Who has the ports that the edge needs, before anything is changed."""

from __future__ import annotations

import re

from ...errors import UsageError
from ...model.labels import COMPOSE_PROJECT
from ..site import Site
from .compose_file import PROJECT
from .conflicts import Ports

_LISTENS = """
if command -v ss >/dev/null; then ss -Hltnp "sport = :$port" 2>/dev/null
else awk -v p="$(printf ':%04X' "$port")" '$4 == "0A" && index($2, p) == length($2) - 4 { print "somebody" }' \\
    /proc/net/tcp /proc/net/tcp6 2>/dev/null; fi
"""
_PROCESS = re.compile(r"\(\(\"(?P<name>[^\"]+)\",pid=(?P<pid>[0-9]+)")


async def refuse_taken(site: Site, wanted: Ports) -> None:
    """Raises UsageError with the container or the process that has a port."""
    containers = await site.engine.get("/containers/json")
    for port in wanted:
        if port is None:
            continue
        for container in containers:
            ours = (container.get("Labels") or {}).get(COMPOSE_PROJECT) == PROJECT
            published = {each.get("PublicPort") for each in container.get("Ports") or () if each.get("Type") == "tcp"}
            if port in published and not ours:
                name = container["Names"][0].lstrip("/")
                raise _taken(site, port, f"the container {name}", f"docker stop {name}")
        if not _edge_has(containers, port) and (who := await _process(site, port)) is not None:
            # The edge itself may have come back in between: while it is started again it has no ports.
            if not _edge_has(await site.engine.get("/containers/json"), port):
                raise _taken(site, port, *who)


def _edge_has(containers: list[dict[str, object]], port: int) -> bool:
    """The engine itself listens for a container that publishes: that is our own."""
    return any(
        any(each.get("PublicPort") == port for each in container.get("Ports") or ())  # type: ignore[attr-defined]
        for container in containers
    )


async def _process(site: Site, port: int) -> tuple[str, str] | None:
    """Who listens there, and how that is stopped."""
    done = await site.hand.run(f"port={port}\n{_LISTENS}")
    if not done.output.strip():
        return None
    if (found := _PROCESS.search(done.output)) is None:
        return "a process of the host", f"ss -ltnp 'sport = :{port}' names it"
    return f"{found['name']} (process {found['pid']})", f"stop {found['name']}"


def _taken(site: Site, port: int, who: str, stop: str) -> UsageError:
    return UsageError(
        f"{site.name}: port {port} is taken by {who}",
        hint=f"{stop}; or choose another port in deploy.edge; or keep that one as your edge: `edge: existing`",
    )
