"""HAProxy's process in its container: the settings it takes, what it runs with, and what a new one is told of the
servers that the old one knows, so that it does not begin with none.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.connection import Connection
from ...engine.docker_command import Docker
from ...engine.filters import filters
from ...engine.site import Site
from ...errors import EngineError, HostError
from ...model.labels import COMPOSE_PROJECT
from ..targets.containers import demultiplexed
from .compose_file import CONTAINER, PROJECT
from .haproxy.configuration import FILE
from .haproxy.hold import HOLD
from .haproxy_api import Admin
from .image import EdgeImage, asked_once
from .state_dir import EdgeStateDir

_BACKEND, _ID, _NAME, _ADDRESS, _STATE, _ADMIN, _DNS_NAME, _PORT = 1, 2, 3, 4, 5, 6, 17, 18
"""Columns of `show servers state`."""


def compacted(state: str) -> str:
    """The answer to `show servers state` with the servers that get requests in the first slots of each backend.

    The first answer of the DNS fills slots from the first one on, and empties those behind that had the same address.
    A server that is already in its DNS slot keeps its state. Each DNS name has slots of its own.
    """
    head = [line for line in state.splitlines() if line and not _is_row(line)]
    backends: defaultdict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for line in filter(_is_row, state.splitlines()):
        row = line.split()
        backends[row[_BACKEND], row[_DNS_NAME]].append(row)
    return "\n".join([*head, *(" ".join(row) for rows in backends.values() for row in _moved(rows))]) + "\n"


def with_new_backends(state: str, lead_to: Mapping[str, Sequence[str]]) -> str:
    """The answer to `show servers state`, and for each backend that this HAProxy has not yet the servers of one that
    leads to the same: a new route of a service that runs is answered from the first moment on.

    `lead_to`: backend -> DNS names with their port, of its containers.
    """
    rows = [row for line in state.splitlines() if _is_row(line) and (row := line.split())[_NAME] != HOLD]
    known = {row[_BACKEND] for row in rows}
    same = {f"{row[_DNS_NAME]}:{row[_PORT]}": row[_BACKEND] for row in rows}
    more = [
        " ".join([row[0], name, *row[_ID:]])
        for name, names in lead_to.items()
        if name not in known
        for to in names
        for row in rows
        if row[_BACKEND] == same.get(to) and f"{row[_DNS_NAME]}:{row[_PORT]}" == to
    ]
    return "\n".join([*state.splitlines(), *more])


def _is_row(line: str) -> bool:
    return line[:1].isdigit() and " " in line


def _moved(rows: list[list[str]]) -> list[list[str]]:
    """Slots keep their number and name; what is in them moves."""
    filled = sorted(rows, key=lambda row: (row[_ADDRESS] == "-", row[_ADMIN] != "0", row[_STATE] == "0"))
    return [[*row[:_ID], slot[_ID], slot[_NAME], *row[_ADDRESS:]] for slot, row in zip(rows, filled, strict=True)]


_SECONDS = 20.0
"""In which HAProxy must answer with what it was told."""
_MOST_LINES = 50_000


class EdgeProcess:
    """Of one site. Everything raises EngineError."""

    def __init__(self, site: Site, keeper: EdgeStateDir, admin: Admin, environ: Mapping[str, str]) -> None:
        self._site = site
        self._keeper = keeper
        self._admin = admin
        self._environ = environ

    async def check(self, image: EdgeImage, digest: str) -> None:
        """HAProxy reads settings before they count, in a container of its own that goes at once."""
        mount = f"type=bind,source={self._keeper.folder}/settings,target=/etc/edge,readonly"
        done = await asked_once(
            Docker(self._site.docker_host, self._environ),
            "--mount", mount, "--entrypoint", "haproxy", image.runs,
            "-c", "-f", f"/etc/edge/{digest}/{FILE}",
        )  # fmt: skip
        if done.status:
            raise EngineError(f"HAProxy does not take the routes: {_alerts(done.err)}", hint="the edge is as it was")

    async def runs_with(self, marker: str) -> bool:
        """Whether it says so; False where it says nothing."""
        try:
            return await self._admin.marker() == marker
        except HostError:
            return False

    async def log(self, since: float) -> str:
        """What it wrote since then (seconds since 1970), each line after its time; empty where nobody keeps that.

        Source: GET /containers/{id}/logs.
        """
        container = await self.container()
        if container is None:
            return ""
        asked = f"stdout=true&timestamps=true&since={since:.3f}&tail={_MOST_LINES}"
        return demultiplexed(await self._site.engine.raw(f"/containers/{container['Id']}/logs?{asked}")).decode(
            errors="replace"
        )

    async def tell(self, marker: str, lead_to: Mapping[str, Sequence[str]] | None = None) -> bool:
        """Whether the running edge had to be told to read its settings again. `lead_to`: its backends by then, and
        what DNS names and port they lead to."""
        if await self.runs_with(marker):
            return False
        await self.leave_servers(lead_to or {})
        await self._reload()
        return True

    async def anew(self) -> None:
        """It goes on with the same settings in a new process, told what the old one knows of its servers. Raises
        HostError."""
        before = await self._admin.process()
        await self.leave_servers({})
        await self._reload()
        ends = asyncio.get_running_loop().time() + _SECONDS
        while await self._process() in ("", before) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.05)
        await self._keeper.tell_servers("")

    async def _process(self) -> str:
        try:
            return await self._admin.process()
        except HostError:  # between the two
            return ""

    async def _reload(self) -> None:
        container = await self.container()
        if container is not None:
            await self._site.engine.send("POST", f"/containers/{container['Id']}/kill?signal=SIGUSR2", answer=False)

    async def leave_servers(self, lead_to: Mapping[str, Sequence[str]]) -> None:
        """For HAProxy's next process: what the one that runs knows of its servers."""
        with contextlib.suppress(HostError):  # it is on its way up, and knows none
            state = with_new_backends(await self._admin.servers_state(), lead_to)
            await self._keeper.tell_servers(compacted(state))

    async def serves(self, marker: str) -> None:
        """Waits until the edge says that it runs with these settings. Raises EngineError with its log."""
        clock = asyncio.get_running_loop().time
        ends = clock() + _SECONDS
        says = ""
        while clock() < ends:
            try:
                if (says := await self._admin.marker()) == marker:
                    return
            except HostError as error:
                says = error.says
            await asyncio.sleep(0.05)
        container = await self.container()
        log = ""
        if container is not None:
            done = await Docker(self._site.docker_host, self._environ).run("logs", "--tail", "5", container["Id"])
            log = without_aliases(done.err.decode(errors="replace").strip()[-500:])
        raise EngineError(f"the edge does not take over its new settings ({says}): {log or 'it says nothing'}")

    async def reaches(self) -> None:
        """Waits until each backend that has servers has one that is well, or until there was time for it."""
        clock = asyncio.get_running_loop().time
        ends = clock() + _SECONDS
        while clock() < ends:
            with contextlib.suppress(HostError):
                servers = await self._admin.servers()
                if {each.backend for each in servers} == {each.backend for each in servers if each.is_up}:
                    return
            await asyncio.sleep(0.1)

    async def container(self) -> dict[str, Any] | None:
        return await container_of(self._site)


async def container_of(site: Site) -> dict[str, Any] | None:
    """The edge's, as the engine lists it. Raises EngineError."""
    return await container_at(site.engine)


async def container_at(engine: Connection) -> dict[str, Any] | None:
    """The same of an engine."""
    ours = filters(label=[f"{COMPOSE_PROJECT}={PROJECT}"])
    found: list[dict[str, Any]] = await engine.get(f"/containers/json?all=true&{ours}")
    found.sort(key=lambda each: f"/{CONTAINER}" not in (each.get("Names") or ()))  # a label may be on any container
    return found[0] if found else None


async def end_container(engine: Connection, id: str, *, within: int) -> None:
    """Stops and removes one that no Compose file is there for any more. `within`: seconds. Raises EngineError."""
    await engine.send("POST", f"/containers/{id}/stop?t={within}", answer=False)
    await engine.send("DELETE", f"/containers/{id}?force=true", answer=False)


def without_aliases(said: str) -> str:
    """HAProxy names the servers of all projects by their secret names."""
    return re.sub(r"[0-9a-f]{32}", "***", said)


def _alerts(said: bytes) -> str:
    """The first of what HAProxy can't do, without where it ran."""
    lines = said.decode(errors="replace").splitlines()
    alerts = [line.partition(" : ")[2] for line in lines if "[ALERT]" in line]
    return without_aliases((alerts or lines or ["it does not say why"])[0].strip()[:500])
