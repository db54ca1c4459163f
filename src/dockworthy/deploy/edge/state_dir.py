"""The edge's folder on the host: routes of each project, one folder for each version of the settings, what runs.

    lock                 held while something is changed
    image.json           the image that was chosen
    compose.json         the project with which Compose was last asked
    routes/shop.json     what the project asks of the edge
    hosts.json           addresses of the hosts that have the edge, where there are several
    settings/DIGEST/     what HAProxy reads; `settings/current` leads to the one that counts
    settings/acme/       what answers the challenges of an ACME authority
    run/                 HAProxy's sockets

Only the folder's owner enters it; below `settings` and `run` everybody may, as the container's user has a number that
belongs to nobody (or, with user namespaces, one that only the engine knows). `run` is that user's: whoever is in the
container may have put a link there to any place of the host, so nothing is ever opened, made or changed by a name below
it. A finished file is moved there, and names are removed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import shlex
import tarfile
from collections.abc import AsyncIterator, Iterable, Mapping

import msgspec
from msgspec import Struct

from ...engine.host_shell import MOST_FILE, ScriptDone, archive_in, unpacked_files
from ...engine.site import Site, write_file
from ...errors import HostError
from ...host_scripts import HostScript
from ...model.compose_project import ComposeProject
from .routes import ProjectRoutes

_LOCK = HostScript(__package__, "lock_edge.sh")
_READ = HostScript(__package__, "read_kept.sh")
_ADD_SETTINGS = HostScript(__package__, "add_settings.sh")
_TELL_SERVERS = HostScript(__package__, "tell_servers.sh")
_TIDY = HostScript(__package__, "tidy_settings.sh")
_FORGET_OTHERS = HostScript(__package__, "forget_settings.sh")
_WAIT = 60
"""Seconds that another deploy may take with the edge."""
_FILES = ("routes", "compose.json", "image.json", "hosts.json")
CHALLENGES = "acme"
"""Beside the settings, which the container can only read: the ACME client writes there as root."""
_VERSIONS = 5
"""Of the settings: the one that counts, and those before."""


class EdgeState(Struct, frozen=True):
    """What was found. `current`: the digest of the settings that count, "" where there are none yet. `hosts`: the
    addresses of all that have the edge."""

    projects: dict[str, ProjectRoutes] = {}
    compose: str = ""
    image: str = ""
    current: str = ""
    hosts: tuple[str, ...] = ()


class EdgeStateDir:
    """Reads and writes the folder. Everything raises HostError."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.folder = f"{site.state}/edge"

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Alone among the deploys of all projects of the host; the lock ends with the shell that holds it."""
        call = f"lock_edge {shlex.quote(self.folder)} {_WAIT}"
        done = await self._site.shell.within(_LOCK.text + call, seconds=_WAIT + 10.0)
        try:
            if done.status:
                lock = f"{self.folder}/lock"
                says = f"{self._site.name}: the edge is being changed by somebody else, or {lock} can't be written"
                raise HostError(says, hint="try again; is the disk full, or the file system read-only?")
            yield
        finally:
            with contextlib.suppress(HostError, asyncio.CancelledError):
                await self._site.shell.within("exec 8>&-; r done 0 ''")

    async def read(self) -> EdgeState:
        call = shlex.join(("read_kept", self.folder, str(MOST_FILE), *_FILES))
        done = await self._site.shell.within(_READ.text + call)
        if done.status:
            raise HostError(
                f"{self._site.name}: {self.folder}/{done.words} is no file of the edge's, or is too large",
                hint="see what it is, and remove it",
            )
        found, links = unpacked_files(self._site.name, archive_in(done))
        try:
            return EdgeState(
                {
                    name.removeprefix("routes/").removesuffix(".json"): msgspec.json.decode(raw, type=ProjectRoutes)
                    for name, raw in sorted(found.items())
                    if name.startswith("routes/") and name.endswith(".json")
                },
                found.get("compose.json", b"").decode(),
                found.get("image.json", b"").decode(),
                links.get("settings/current", ""),
                msgspec.json.decode(found.get("hosts.json") or b"[]", type=tuple[str, ...]),
            )
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise HostError(
                f"{self._site.name}: what is kept in {self.folder} can't be read: {error}",
                hint=f"a file in {self.folder}/routes was made by another version, or damaged: remove it and deploy "
                "its project again",
            ) from None

    async def write(self, name: str, text: str) -> None:
        await write_file(self._site.shell, f"{self.folder}/{name}", text.encode())

    async def announce(self, spec: ComposeProject) -> None:
        """What the edge's container is about to be made of: by this the guard knows it (guard/edge_record.py)."""
        await self.write("coming.json", spec.to_text())

    async def announce_names(self, project: str, names: Iterable[str]) -> None:
        """By which containers of the project will join the edge's network, before the first does."""
        await self.write(f"joining/{project}.json", json.dumps(sorted(names)))

    async def write_routes(self, project: str, routes: ProjectRoutes | None) -> None:
        """None removes them."""
        if routes is None:
            await self._done(f"rm -f -- routes/{shlex.quote(project)}.json && {{ [ ! -d routes ] || sync -f routes; }}")
            return
        await self.write(f"routes/{project}.json", msgspec.json.encode(routes).decode())

    async def add_settings(self, digest: str, files: Mapping[str, str]) -> None:
        """A whole version, or none of it."""
        await self._done(_ADD_SETTINGS.with_arguments(digest, CHALLENGES), given=_packed(files))

    async def switch(self, digest: str) -> None:
        """At once; "" where there were no settings before."""
        if not digest:
            await self._done("rm -f settings/current")
            return
        await self._done(
            f"ln -sfn {digest} settings/current.new && mv -fT settings/current.new settings/current && sync -f settings"
        )

    async def tell_servers(self, state: str) -> None:
        """For HAProxy's next process alone: what it says of addresses is soon no longer true. "" removes it."""
        if state:
            await self._done(_TELL_SERVERS.text, given=state.encode())
        else:
            await self._done("rm -rf -- run/servers servers.half")

    async def tidy(self) -> None:
        """Versions that nobody needs any more."""
        await self._done(_TIDY.with_arguments(CHALLENGES, _VERSIONS))

    async def forget_others(self) -> None:
        """All versions but the one that counts: what a project had that is gone stands in them, keys among it."""
        await self._done(_FORGET_OTHERS.with_arguments(CHALLENGES))

    async def _done(self, script: str, given: bytes | None = None) -> ScriptDone:
        whole = f"umask 077; cd {shlex.quote(self.folder)} || exit 1\n{script}"
        done = await self._site.shell.run(whole, given=given)
        if done.status:
            raise HostError(
                f"{self._site.name}: {self.folder} can't be changed: {done.words or 'no reason given'}",
                hint="is the disk full, or the file system read-only?",
            )
        return done


def _packed(files: Mapping[str, str]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for folder in ("certs", "pages"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return archive.getvalue()
