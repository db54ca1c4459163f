"""What an edge needs and nobody could make again, in parts that go from host to host as a whole.

One part is the authority by which clients trust it; each project's routes and certificates are another one."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from ...errors import HostError
from ..site import Site, write_file
from .forgetting import files_of
from .haproxy.frontends import NOBODY
from .keeping import unpacked_files
from .kept import ProjectRoutes

AUTHORITY = ""
"""The name of the part that is no project's."""
_KEY, _TRUSTED = "authority/key.pem", "authority/ca.pem"
_READ = """
( cd {folder} 2>/dev/null && find authority internal acme routes -maxdepth 1 -type f -size -{most}k \\
  \\( -name '*.pem' -o -name '*.names' -o -name '*.json' \\) 2>/dev/null | sort | tar -cf - -T - ) >&3 9>&- 8>&-
r done 0 ''
"""
_MOST = 2048
"""Kilobytes of one file."""


class Part(Struct, frozen=True):
    """Path below the edge's folder -> text. Without any: the project was taken off the edge."""

    files: dict[str, str] = {}

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.packed).hexdigest()[:32]

    @property
    def packed(self) -> bytes:
        return msgspec.json.encode(self.files, order="sorted")


def unpacked(content: bytes) -> Part:
    """Raises HostError for what is none."""
    try:
        part = Part(msgspec.json.decode(content, type=dict[str, str]))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise HostError("what the swarm keeps of the edge was made by another version, or is damaged") from None
    for path in part.files:
        folder, _, name = path.partition("/")
        if folder not in ("authority", "internal", "acme", "routes") or "/" in name or name.startswith("."):
            raise HostError(
                f"what the swarm keeps of the edge names the file {path[:100]}, which is not a file of the edge"
            )
    return part


def parts_in(files: Mapping[str, str]) -> dict[str, Part]:
    """AUTHORITY, where there is one, and each project."""
    found = {}
    if _KEY in files and _TRUSTED in files:
        own = (_KEY, _TRUSTED, f"internal/{NOBODY}.pem", f"internal/{NOBODY}.names")
        found[AUTHORITY] = Part({path: files[path] for path in own if path in files})
    for path in files:
        if path.startswith("routes/") and path.endswith(".json"):
            project = path.removeprefix("routes/").removesuffix(".json")
            found[project] = Part({each: files[each] for each in _paths(project, files[path]) if each in files})
    return found


def _paths(project: str, routes: str) -> Iterable[str]:
    try:
        names = msgspec.json.decode(routes, type=ProjectRoutes).names
    except msgspec.MsgspecError:
        names = ()  # who reads them to serve them says what is wrong
    acme = [f"acme/{name}.pem" for name in names]
    return [f"routes/{project}.json", f"internal/{project}.pem", f"internal/{project}.names", *acme]


class Belongings:
    """Those of the edge of one site. Everything raises HostError."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = f"{site.state}/edge"

    async def read(self) -> dict[str, Part]:
        """They pass through no file on their way."""
        done = await self._site.hand.within(_READ.format(folder=shlex.quote(self._folder), most=_MOST))
        found, _ = unpacked_files(self._site.name, done.output)
        return parts_in({path: content.decode("utf-8", "replace") for path, content in found.items()})

    async def write(self, project: str, part: Part) -> None:
        """Each file whole, the routes last: until then nobody looks at the others. An empty part takes all of the
        project away."""
        if not part.files:
            gone = " ".join(shlex.quote(path) for path in (f"routes/{project}.json", *files_of(project, by_acme=False)))
            done = await self._site.hand.run(f"cd {shlex.quote(self._folder)} && rm -f -- {gone}")
            if done.status:
                raise HostError(f"{self._site.name}: {self._folder} can't be changed: {done.words}")
        for path in sorted(part.files, key=lambda each: (each.startswith("routes/"), each != _KEY, each)):
            mode = "0644" if path == _TRUSTED else "0600"
            await write_file(self._site.hand, f"{self._folder}/{path}", part.files[path].encode(), mode=mode)
