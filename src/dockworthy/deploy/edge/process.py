"""HAProxy's process in its container: what it takes, what it is told, and what it says that it runs with."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.connection import Connection
from ...engine.docker_command import Docker
from ...engine.filters import filters
from ...errors import EngineError, HostError
from ...model.labels import COMPOSE_PROJECT
from ..site import Site
from ..targets.log_tail import demultiplexed
from .admin import Admin
from .compose_file import CONTAINER, PROJECT
from .handing_over import compacted, with_new_backends
from .haproxy.configuration import FILE
from .image import EdgeImage, asked_once
from .keeping import Keeper

_SECONDS = 20.0
"""In which HAProxy must answer with what it was told."""
_MOST_LINES = 50_000


class EdgeProcess:
    """Of one site. Everything raises EngineError."""

    def __init__(self, site: Site, keeper: Keeper, admin: Admin, environ: Mapping[str, str]) -> None:
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
