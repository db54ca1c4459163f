"""The edges of a swarm have the same authority, certificates and routes, on whichever host they run.

They are kept in secrets of the swarm, in parts: one holds the authority by which clients trust the edge, another one
for each project its routes and certificates. They are written to a host before its edge is changed, and what is new
there goes into the swarm afterwards.

No manager tells what is in a secret: only a task gets it. So a task on the host that needs it reads it: it is of the
edge's own image, holds it in memory, and is removed at once. What it reads passes through no file and no log.

Source: Engine API v1.45, /secrets, /services/create, /tasks.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ...engine.connection import Connection
from ...engine.container_command import output_of
from ...engine.filters import filters
from ...engine.host_shell import archive_in, unpacked_files
from ...engine.membership import membership_of
from ...engine.site import Site, write_file
from ...errors import DockworthyError, EngineError, HostError
from ...host_scripts import HostScript
from ...model.edge_secrets import EDGE_READER, beginning_of
from ...model.hosts import TASK_ENDED
from ..store.swarm_objects import KIND, MOST_BYTES, Object, SwarmObjects
from .forgetting import files_of
from .haproxy.frontends import NOBODY
from .image import EdgeImage, edge_image
from .routes import ProjectRoutes

AUTHORITY = ""
"""The name of the part that is no project's."""
_KEY, _TRUSTED = "authority/key.pem", "authority/ca.pem"
_READ = HostScript(__package__, "read_belongings.sh")
_MOST_KILOBYTES = 2048
"""Kilobytes of one file."""


class EdgePart(Struct, frozen=True):
    """Path below the edge's folder -> text. Without any: the project was taken off the edge."""

    files: dict[str, str] = {}

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.packed).hexdigest()[:32]

    @property
    def packed(self) -> bytes:
        return msgspec.json.encode(self.files, order="sorted")


def unpacked(content: bytes) -> EdgePart:
    """Raises HostError for what is none."""
    try:
        part = EdgePart(msgspec.json.decode(content, type=dict[str, str]))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise HostError("what the swarm keeps of the edge was made by another version, or is damaged") from None
    for path in part.files:
        folder, _, name = path.partition("/")
        if folder not in ("authority", "internal", "acme", "routes") or "/" in name or name.startswith("."):
            raise HostError(
                f"what the swarm keeps of the edge names the file {path[:100]}, which is not a file of the edge"
            )
    return part


def parts_in(files: Mapping[str, str]) -> dict[str, EdgePart]:
    """AUTHORITY, where there is one, and each project."""
    found = {}
    if _KEY in files and _TRUSTED in files:
        own = (_KEY, _TRUSTED, f"internal/{NOBODY}.pem", f"internal/{NOBODY}.names")
        found[AUTHORITY] = EdgePart({path: files[path] for path in own if path in files})
    for path in files:
        if path.startswith("routes/") and path.endswith(".json"):
            project = path.removeprefix("routes/").removesuffix(".json")
            found[project] = EdgePart({each: files[each] for each in _paths(project, files[path]) if each in files})
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

    async def read(self) -> dict[str, EdgePart]:
        """They pass through no file on their way."""
        done = await self._site.shell.within(
            f"{_READ.text}read_belongings {shlex.quote(self._folder)} {_MOST_KILOBYTES}"
        )
        found, _ = unpacked_files(self._site.name, archive_in(done))
        return parts_in({path: content.decode("utf-8", "replace") for path, content in found.items()})

    async def write(self, project: str, part: EdgePart) -> None:
        """Each file whole, the routes last: until then nobody looks at the others. An empty part takes all of the
        project away."""
        if not part.files:
            gone = " ".join(shlex.quote(path) for path in (f"routes/{project}.json", *files_of(project, by_acme=False)))
            done = await self._site.shell.run(f"cd {shlex.quote(self._folder)} && rm -f -- {gone}")
            if done.status:
                raise HostError(f"{self._site.name}: {self._folder} can't be changed: {done.words}")
        for path in sorted(part.files, key=lambda each: (each.startswith("routes/"), each != _KEY, each)):
            mode = "0644" if path == _TRUSTED else "0600"
            await write_file(self._site.shell, f"{self._folder}/{path}", part.files[path].encode(), mode=mode)


_PART = "edge"
"""The kind of these secrets."""
_OF, _DIGEST = "dockworthy.edge-of", "dockworthy.edge-digest"
_WITHIN = 60.0
"""Seconds in which the task must run."""
_LOOK = 0.1


class Stored(Struct, frozen=True):
    """The newest that the swarm has of one part. `is_gone`: the project was taken off the edge."""

    object: Object
    digest: str

    @property
    def is_gone(self) -> bool:
        return self.digest == EdgePart().digest


class SwarmSecrets:
    """Of one swarm, by a manager. Everything raises EngineError."""

    def __init__(self, manager: Connection) -> None:
        self._objects = SwarmObjects(manager)

    async def stored(self) -> dict[str, Stored]:
        """By the name of the part."""
        return {name: Stored(each[-1], each[-1].labels[_DIGEST]) for name, each in (await self._all()).items()}

    async def keep(self, parts: Mapping[str, EdgePart]) -> None:
        """The new ones first: who is killed in between leaves both, and the newer one counts."""
        before = await self._all()
        for name, part in parts.items():
            older = before.get(name, [])
            if not older or older[-1].labels[_DIGEST] != part.digest:
                await self._create(name, part)
            else:
                older = older[:-1]
            for each in older:
                with contextlib.suppress(EngineError):  # the next one tries again
                    await self._objects.remove("secrets", each, as_root=True)

    async def _create(self, name: str, part: EdgePart) -> None:
        if len(part.packed) > MOST_BYTES:
            raise EngineError(f"the routes and certificates of {name} have {len(part.packed):,} bytes, which no secret "
                              f"of a swarm holds ({MOST_BYTES:,})")  # fmt: skip
        called = f"{beginning_of(name)}{secrets.token_hex(8)}"
        labels = {KIND: _PART, _OF: name, _DIGEST: part.digest}
        await self._objects.create("secrets", called, part.packed, labels, as_root=True)

    async def _all(self) -> dict[str, list[Object]]:
        """Of each part, the newest last."""
        found: dict[str, list[Object]] = {}
        for each in sorted(await self._objects.find("secrets", dockworthy_kind=_PART), key=lambda each: each.index):
            if _DIGEST in each.labels and each.name.startswith(beginning_of(each.labels.get(_OF, ""))):
                found.setdefault(each.labels[_OF], []).append(each)
        return found


async def read_secrets(site: Site, image: str, wanted: Mapping[str, Stored]) -> dict[str, EdgePart]:
    """`site`: that of a manager; `image`: by id, with a bash. Raises EngineError, HostError."""
    files = {name: f"part{number}" for number, name in enumerate(wanted)}
    node = (await membership_of(site.engine)).node
    await _must_take_tasks(site, node)
    await _end_readers(site, node)
    try:
        reader = await site.engine.send("POST", "/services/create", _reader(node, image, wanted, files), as_root=True)
        container = await _container(site, reader["ID"])
        return {name: await _read(site, container, file, wanted[name].digest) for name, file in files.items()}
    finally:
        await asyncio.shield(_end_readers(site, node))


def _reader(node: str, image: str, wanted: Mapping[str, Stored], files: Mapping[str, str]) -> dict[str, Any]:
    """The service, as the API takes it."""
    mounted = [
        {
            "SecretID": each.object.id,
            "SecretName": each.object.name,
            "File": {"Name": files[name], "UID": "0", "GID": "0", "Mode": 0o400},
        }
        for name, each in wanted.items()
    ]
    return {
        "Name": f"{EDGE_READER}-{secrets.token_hex(4)}",
        "Labels": {KIND: EDGE_READER},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": image,
                "Command": ["/bin/bash", "-c", f"coproc {{ read -rt {_WITHIN:.0f}; }}; wait"],
                "User": "0:0",
                "ReadOnly": True,
                "CapabilityDrop": ["ALL"],
                "Privileges": {"NoNewPrivileges": True},
                "Healthcheck": {"Test": ["NONE"]},
                "Secrets": mounted,
            },
            "Resources": {"Limits": {"MemoryBytes": 64 * 1024 * 1024, "Pids": 20}},
            "RestartPolicy": {"Condition": "none"},
            "Placement": {"Constraints": [f"node.id=={node}"]},
            "LogDriver": {"Name": "none"},
        },
        "Mode": {"Replicated": {"Replicas": 1}},
    }


async def _must_take_tasks(site: Site, node: str) -> None:
    if (await site.engine.get(f"/nodes/{node}"))["Spec"].get("Availability") != "active":
        raise HostError(
            f"{site.name}: the edge's authority and certificates are secrets of the swarm, which only a task can read, "
            "and this node takes no tasks",
            hint="dockworthy hosts resume, deploy, and drain it again; or deploy by another manager (--host)",
        )


async def _container(site: Site, reader: str) -> str:
    """The id of the reader's, once it runs. By the service that was just made: a label may be on any. The engine takes
    what is asked for as a name, too, where no service has that id any more."""
    clock = asyncio.get_running_loop().time
    ends, says = clock() + _WITHIN, ""
    while clock() < ends:
        for task in await site.engine.get(f"/tasks?{filters(service=[reader])}") or ():
            if task.get("ServiceID") != reader:
                continue
            status = task["Status"]
            says = status.get("Err") or status.get("Message") or says
            if status["State"] == "running":
                return str(status["ContainerStatus"]["ContainerID"])
            if status["State"] in TASK_ENDED:
                raise _not_read(site, says)
        await asyncio.sleep(_LOOK)
    raise _not_read(site, says or "the swarm made no task")


def _not_read(site: Site, why: str) -> HostError:
    return HostError(
        f"{site.name}: the edge's authority and certificates can't be read from the swarm: {why}",
        hint="try again; if nothing else helps, remove them, and the next deploy makes new ones, which clients must "
        f"trust anew: docker secret rm $(docker secret ls -q -f label={KIND}={_PART})",
    )


async def _read(site: Site, container: str, file: str, digest: str) -> EdgePart:
    """Only what the secret's label promises: whoever can make services could have put others in the reader's place."""
    command = ("/bin/bash", "-c", f'printf %s "$(</run/secrets/{file})"')
    try:
        part = unpacked(await output_of(site.engine, container, command, user="0:0"))
    except EngineError as error:
        raise _not_read(site, error.says) from None
    if part.digest != digest:
        raise _not_read(site, "what was read is not what the edge gave to the swarm")
    return part


async def _end_readers(site: Site, node: str) -> None:
    """Those of `node`, also of runs that were killed, and what is left anywhere of nodes that are gone. Another
    manager may be reading now."""
    readers = await site.engine.get(f"/services?{filters(label=[f'{KIND}={EDGE_READER}'])}") or ()
    alive = {each["ID"] for each in await site.engine.get("/nodes") if _is_ready(each)} - {node} if readers else ()
    for each in readers:
        if not {f"node.id=={other}" for other in alive}.intersection(_constraints_of(each)):
            with contextlib.suppress(EngineError):
                await site.engine.send("DELETE", f"/services/{each['ID']}", answer=False, as_root=True)


def _is_ready(node: Mapping[str, Any]) -> bool:
    return (node.get("Status") or {}).get("State") == "ready"


def _constraints_of(service: Mapping[str, Any]) -> Sequence[str]:
    return (service["Spec"]["TaskTemplate"].get("Placement") or {}).get("Constraints") or ()


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
        parts = {name: EdgePart() for name in newer if name not in there}
        if there:
            parts |= await read_secrets(self._site, await self._reader(image, kept), there)
        for name in sorted(parts, key=lambda each: each != AUTHORITY):
            await self._here.write(name, parts[name])
        await self._remember(known, {name: each.digest for name, each in newer.items()})
        return tuple(newer)

    async def keep(self, gone: Iterable[str] = ()) -> None:
        """What is here, by the swarm. `gone`: projects that were taken off the edge."""
        parts = {**await self._here.read(), **{project: EdgePart() for project in gone}}
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
            if _differs(each, here.get(name, EdgePart())) and (name not in here or known.parts.get(name) != each.digest)
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
        text = await self._site.shell.file(self._file)
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
            await write_file(self._site.shell, self._file, msgspec.json.encode(now))


def _differs(stored: Stored | None, part: EdgePart) -> bool:
    return part != EdgePart() if stored is None else stored.digest != part.digest


def in_words(parts: Iterable[str]) -> str:
    """`the authority, and what shop and blog have at the edge`."""
    named = [*parts]
    projects = sorted(name for name in named if name != AUTHORITY)
    each = (["its authority"] if AUTHORITY in named else []) + (
        [f"routes and certificates of {', '.join(projects)}"] if projects else []
    )
    return " and ".join(each)
