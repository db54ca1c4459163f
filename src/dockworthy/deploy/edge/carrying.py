"""The edge of a swarm has the same authority, certificates and routes on whichever host it runs.

What the swarm keeps of them is written to the host before the edge is changed there, and what is new goes to the swarm
afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from ...engine.membership import membership_of
from ...errors import DockworthyError, HostError
from ..site import Site, write_file
from .belongings import AUTHORITY, Belongings, Part
from .image import EdgeImage, edge_image
from .swarm_secrets import Stored, SwarmSecrets, read_secrets


class _Known(Struct, frozen=True):
    """What of the swarm's this host had last: name of a part -> its digest. `swarm`: the id of that swarm."""

    swarm: str = ""
    parts: dict[str, str] = {}


class Carrying:
    """Of the edge of one site, which is that of a manager. Everything raises HostError, EngineError."""

    def __init__(self, site: Site, environ: Mapping[str, str]) -> None:
        self._site = site
        self._environ = environ
        self._swarm = SwarmSecrets(site.engine)
        self._here = Belongings(site)
        self._file = f"{site.state}/edge/of-the-swarm.json"

    async def lacking(self) -> tuple[str, ...]:
        """The parts that would come to this host; changes nothing."""
        return tuple(await self._newer(await self._known()))

    async def newest(self) -> dict[str, str]:
        """Name of a part -> the digest of the newest that the swarm has."""
        return {name: each.digest for name, each in (await self._swarm.stored()).items()}

    async def bring(self, image: str, kept: str) -> tuple[str, ...]:
        """The edge here must be locked. `image`, `kept`: as `edge_image` takes them. Which parts came."""
        known = await self._known()
        if not (newer := await self._newer(known)):
            return ()
        there = {name: each for name, each in newer.items() if not each.is_gone}
        parts = {name: Part() for name in newer if name not in there}
        if there:
            parts |= await read_secrets(self._site, await self._reader(image, kept), there)
        for name in sorted(parts, key=lambda each: each != AUTHORITY):
            await self._here.write(name, parts[name])
        await self._remember(known, {name: each.digest for name, each in newer.items()})
        return tuple(newer)

    async def keep(self, gone: Iterable[str] = ()) -> None:
        """What is here, by the swarm. `gone`: projects that were taken off the edge."""
        parts = {**await self._here.read(), **{project: Part() for project in gone}}
        stored = await self._swarm.stored()
        new = {name: part for name, part in parts.items() if _differs(stored.get(name), part)}
        if new:
            await self._swarm.keep(new)
        await self._remember(await self._known(), {name: part.digest for name, part in parts.items()})

    async def keep_or_say(self, gone: Iterable[str] = ()) -> tuple[str, ...]:
        """As `keep`; where the swarm does not take it, that is a note: the edge here serves all the same."""
        try:
            await self.keep(gone)
        except DockworthyError as error:
            return (f"the swarm did not store what changed here, so edges on other hosts may lack it: {error.says}",)
        return ()

    async def _newer(self, known: _Known) -> dict[str, Stored]:
        """What the swarm has, and this host has not. What this host changed since, and could not give to the swarm, is
        no older than that."""
        stored = await self._swarm.stored()
        if not stored:
            return {}
        here = await self._here.read()
        return {
            name: each
            for name, each in stored.items()
            if _differs(each, here.get(name, Part())) and (name not in here or known.parts.get(name) != each.digest)
        }

    async def _reader(self, image: str, kept: str) -> str:
        """The id of an image with a shell: the edge's, or else the one that is made of the distribution's package."""
        found: EdgeImage = await edge_image(self._site, image, kept, self._environ)
        if not found.has_shell and image:
            found = await edge_image(self._site, "", "", self._environ)
        if not found.has_shell:
            raise HostError(
                f"{self._site.name}: the edge's authority and certificates are secrets of the swarm, and the edge's "
                "image has no bash that could read them there",
                hint="install bash on the host, and leave `edge.image` out",
            )
        return str((await self._site.engine.get(f"/images/{found.runs}/json"))["Id"])

    async def _known(self) -> _Known:
        """What was noted of another swarm counts as nothing."""
        text = await self._site.hand.file(self._file)
        try:
            found = msgspec.json.decode(text or "{}", type=_Known)
        except msgspec.MsgspecError:
            found = _Known()
        swarm = (await membership_of(self._site.engine)).swarm
        return found if found.swarm == swarm else _Known(swarm)

    async def _remember(self, known: _Known, parts: Mapping[str, str]) -> None:
        """Those, and what was known before."""
        now = _Known(known.swarm, {**known.parts, **parts})
        if now != known:
            await write_file(self._site.hand, self._file, msgspec.json.encode(now))


def _differs(stored: Stored | None, part: Part) -> bool:
    return part != Part() if stored is None else stored.digest != part.digest


def in_words(parts: Iterable[str]) -> str:
    """`the authority, and what shop and blog have at the edge`."""
    named = [*parts]
    projects = sorted(name for name in named if name != AUTHORITY)
    each = (["its authority"] if AUTHORITY in named else []) + (
        [f"routes and certificates of {', '.join(projects)}"] if projects else []
    )
    return " and ".join(each)
