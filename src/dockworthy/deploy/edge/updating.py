"""The images of the edge and of keepalived are made of the distribution's packages as they are now; where one is
another, what runs is swapped."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ...engine.filters import filters
from ...engine.site import Site
from ...errors import DockworthyError, EngineError, UsageError
from ...interruption import to_its_end
from ...model.compose_project import ComposeHealthCheck, ComposeProject
from ..compose_command import ComposeCommand
from .address import IMAGE
from .address_keeper import AddressKeeper, KeepalivedImage
from .compose_file import PROJECT, SERVICE, health_check
from .conflicts import address_of_all, refuse_foreign
from .haproxy_api import Admin
from .image import EdgeImage, edge_image
from .planned_change import ENDS_WITHIN
from .process import EdgeProcess, container_of
from .state_dir import EdgeState, EdgeStateDir


class Updated(Struct, frozen=True):
    """`before` and `after`: versions of HAProxy. `differs`: there is another image; `swapped`: it runs now."""

    before: str
    after: str
    differs: bool
    swapped: bool = False


class KeepalivedUpdated(Updated, frozen=True):
    """Versions of keepalived. `address`: the one that it moves; `holds`: it is on this host."""

    address: str = ""
    holds: bool = False


class NamedImage(UsageError):
    """A project's dockworthy.yaml names the edge's image: it is changed there."""


class Updater:
    """Of the edge of one site."""

    def __init__(self, site: Site, environ: Mapping[str, str] = os.environ) -> None:
        self._site = site
        self._environ = environ
        self._keeper = EdgeStateDir(site)
        self._process = EdgeProcess(site, self._keeper, Admin(site), environ)

    async def look(self, image: str = "") -> Updated:
        """What `update` would do. An image that is made to know it goes again. Raises what `update` raises."""
        async with self._keeper.locked():
            _, before = await self._found(image)
            after = await edge_image(self._site, image, "", self._environ, fresh=True)
            if after.runs != before.runs and not image:
                await self._site.engine.send("DELETE", f"/images/{quote(after.runs)}?force=true", answer=False)
            return Updated(before.version, after.version, after.runs != before.runs)

    async def update(self, image: str = "") -> Updated:
        """`image`: the one that all projects of the host are to have, by digest; "" is made of the distribution's.

        Raises UsageError where there is no edge, or one whose image a project's dockworthy.yaml names; HostError and
        EngineError where the new one does not run: the edge then is as it was."""
        async with self._keeper.locked():
            kept, before = await self._found(image)
            after = await edge_image(self._site, image, "", self._environ, fresh=True)
            found = Updated(before.version, after.version, after.runs != before.runs)
            if not found.differs:
                return found
            written = ComposeProject.from_text(kept.compose)
            coming = written.with_service(SERVICE, written.services[SERVICE].with_image(after.runs))
            await self._keeper.announce(coming)  # a guard lets only what root wrote read the settings
            await self._process.check(after, kept.current)  # before anything is changed
            try:
                await self._swap(kept, after)
            except BaseException as error:
                await to_its_end(self._put_back(kept, error))
                raise
            await _tidy(self._site, PROJECT, {before.runs, after.runs})
            return msgspec.structs.replace(found, swapped=True)

    async def _found(self, wanted: str) -> tuple[EdgeState, EdgeImage]:
        kept = await self._keeper.read()
        refuse_foreign(await container_of(self._site), self._keeper.folder)
        if not kept.image or not kept.compose or not kept.current:
            raise UsageError(f"no edge runs on {self._site.name}", hint="dockworthy deploy starts it")
        image = msgspec.json.decode(kept.image, type=EdgeImage)
        naming = [name for name, each in kept.projects.items() if each.edge.image == image.wanted]
        if image.wanted and naming and not wanted:
            raise NamedImage(
                f"the edge of {self._site.name} runs {image.wanted}, as {', '.join(naming)} has in deploy.edge.image",
                hint="write a newer digest there, and deploy; where other projects are at this edge: "
                "dockworthy edge update --image IMAGE@sha256:…",
            )
        return kept, image

    async def _swap(self, kept: EdgeState, image: EdgeImage) -> None:
        before = ComposeProject.from_text(kept.compose)
        proxy = before.services[SERVICE].with_image(image.runs)
        health = ComposeHealthCheck.from_json(health_check(has_shell=image.has_shell))
        spec = before.with_service(SERVICE, proxy.with_healthcheck(health))
        # For its first process: else it would answer 503 until the engine's DNS does.
        await self._process.leave_servers({})
        await self._keeper.announce(spec)
        await self._compose().up(spec, stop_within=ENDS_WITHIN)
        await self._process.serves(f"dockworthy-{kept.current}")
        await self._keeper.tell_servers("")
        await self._keeper.write("compose.json", spec.to_text(indent=2))
        await self._keeper.write("image.json", msgspec.json.encode(image).decode())

    async def _put_back(self, kept: EdgeState, error: BaseException) -> None:
        try:
            await self._keeper.announce(ComposeProject.from_text(kept.compose))
            await self._compose().up(ComposeProject.from_text(kept.compose), stop_within=ENDS_WITHIN)
            await self._keeper.write("compose.json", kept.compose)
            await self._keeper.write("image.json", kept.image)
            await self._keeper.tell_servers("")
            await self._process.serves(f"dockworthy-{kept.current}")
        except DockworthyError as second:
            error.add_note(f"and the edge could not be brought back to what it was: {second.says}")

    def _compose(self) -> ComposeCommand:
        return ComposeCommand(self._site.docker_host, self._keeper.folder, self._environ)


class KeepalivedUpdater:
    """Of keepalived on one site."""

    def __init__(self, site: Site, environ: Mapping[str, str] = os.environ) -> None:
        self._site = site
        self._keeper = EdgeStateDir(site)
        self._keepalived = AddressKeeper(site, environ)

    async def look(self) -> KeepalivedUpdated | None:
        """What `update` would do; None where there is no keepalived. An image that is made to know it goes again.
        Raises EngineError, HostError."""
        async with self._keeper.locked():
            if (before := await self._keepalived.image()) is None:
                return None
            found, image = await self._found(before)
            if found.differs:
                await self._site.engine.send("DELETE", f"/images/{quote(image)}?force=true", answer=False)
            return found

    async def update(self) -> KeepalivedUpdated | None:
        """Raises EngineError and HostError where the new one does not run: the one from before then does."""
        async with self._keeper.locked():
            if (before := await self._keepalived.image()) is None:
                return None
            found, image = await self._found(before)
            if not found.differs:
                return found
            await self._keepalived.exchange(image)
            await _tidy(self._site, IMAGE, {before.runs, image})
            return msgspec.structs.replace(found, swapped=True)

    async def _found(self, before: KeepalivedImage) -> tuple[KeepalivedUpdated, str]:
        address = address_of_all((await self._keeper.read()).projects.values())
        holds = bool(address) and await self._keepalived.holds(address)
        image = await self._keepalived.fresh_image()
        after = await self._keepalived.version_of(image)
        return KeepalivedUpdated(before.version, after, image != before.runs, address=address, holds=holds), image


async def _tidy(site: Site, title: str, kept: set[str]) -> None:
    """Images of earlier updates go; the one from before stays, for a way back. One that is in use says no."""
    for image in await site.engine.get(f"/images/json?{filters(label=[f'org.opencontainers.image.title={title}'])}"):
        ours = all(tag.startswith((f"{title}:", "<none>")) for tag in image.get("RepoTags") or ())
        if ours and image["Id"] not in kept:
            with contextlib.suppress(EngineError):
                await site.engine.send("DELETE", f"/images/{image['Id']}", answer=False)
