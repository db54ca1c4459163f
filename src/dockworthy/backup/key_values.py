"""Valkey and Redis, saved by a dump that the server writes for a replica (`valkey-cli --rdb -`, `redis-cli --rdb -`),
while it goes on; restored as the file from which the server starts.

The client gets the password by its standard input (`--askpass`): it is in no list of processes, and in no environment.
The dump goes to a file of the host first, and then to the repository: a server that waits for a slow reader keeps what
is written meanwhile in memory, and in the end closes the connection. What a restore must find again is counted in that
file.

A server of 7.0 or newer with `appendonly yes` starts from the folder of its log alone, and empty where that is not
there; so a restore writes the dump as the log's base. Nothing is loaded into a second server: it would need the memory
once more. What the real one has loaded is asked before its old data goes.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import Any

from msgspec import convert, structs, to_builtins

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import BackupMethod, DataKind, DataSet, DataWriter, PlannedData, SavedData
from ..model.dump_place import DumpPlace
from ..model.saying import Say
from .files import COPYING, fill_with_files, save_files, save_files_in_use, work_folder
from .host_python import HostProgram
from .key_value_settings import Login, ServerSettings, server_settings
from .recognising import KINDS_OF_PROGRAM, server_of
from .repository import Repository

_AT_HOST = HostScript(__package__, "rdb_at_host.py")
_PLACE = HostScript(__package__, "place_dump.sh")
_CLIENTS = {DataKind.VALKEY: ("valkey-cli", "redis-cli"), DataKind.REDIS: ("redis-cli", "valkey-cli")}
_ASKING = 60.0
_DUMPING = 6 * 3600.0
_COMES_UP = 60.0
_LOADS = 3600.0
"""Seconds in which a server must answer, and have loaded what was restored."""
_LOOKS_EVERY = 0.5
_RIGHTS = "let a user in that may +sync +replconf +info +config|get, by REDISCLI_AUTH in its container, say"
_PART = "dump.rdb"


class NoDump(HostError):
    """It gives no dump, as the sentence says: nobody is let in, say."""


class NoClient(NoDump):
    """No program by which a server could be asked is in its container."""


class KeyValueServer:
    """The server in one container, asked by the client of that container."""

    def __init__(self, site: Site, container: str, name: str, kind: DataKind) -> None:
        self.site = site
        self.name = name
        self._kind = kind
        self._container = container
        self._docker = ("docker", "--host", f"unix://{site.socket}", "exec", "--interactive", container)
        self._client: tuple[str, ...] = ()
        self._login = Login()
        self._settings = ServerSettings()

    async def find_login(self) -> dict[str, str]:
        """Finds out how it lets in. Returns what it tells of itself (INFO). Raises NoDump."""
        self._settings = await self._told()
        if not (self._settings.port or self._settings.socket):
            raise NoDump(f"{self.name}: its server listens by TLS alone")
        where = ("-s", self._settings.socket) if self._settings.socket else ("-p", str(self._settings.port))
        said = ""
        for client in _CLIENTS[self._kind]:
            done = await self.site.shell.ask(shlex.join([*self._docker, client, "--version"]), seconds=_ASKING)
            if done.status:
                said = said or done.words
                continue
            self._client = (client, *where)
            for login in self._settings.logins:
                self._login = login
                answer = await self.ask("INFO")
                if "redis_version:" in answer:
                    return dict(line.split(":", 1) for line in answer.splitlines() if ":" in line)
                said = said or answer.strip().partition("\n")[0]
            break
        if not self._client:
            raise NoClient(f"{self.name}: its container has neither {' nor '.join(_CLIENTS[self._kind])}: {said}")
        raise NoDump(f"{self.name}: its server lets nobody in: {said or 'no reason given'}", hint=_RIGHTS)

    async def ask(self, *questions: str) -> str:
        """What it answers to all of them, line by line. Raises HostError where the container does not run."""
        done = await self.site.shell.ask(self._script(f"{self._as()} 2>&1", *questions), seconds=_ASKING)
        return done.output

    async def setting(self, name: str, default: str) -> str:
        """As it holds now; where it does not tell, as its files say."""
        lines = (await self.ask(f"CONFIG GET {name}")).splitlines()
        return lines[1] if len(lines) >= 2 and lines[0] == name else self._settings.values.get(name, default)

    async def dump_to(self, path: str, *, most: int) -> None:
        """Writes a dump into a file of the host, behind which may be the mark by which the client knew its end. That it
        is whole, its own content tells: one that is longer than `most` bytes is cut. Raises NoDump where there is
        none."""
        script = self._script(f"{self._as()} --rdb - | head -c {most} >{shlex.quote(path)}")
        done = await self.site.shell.ask(f"umask 077\n{script}", seconds=_DUMPING)
        there = await self.site.shell.run(f"[ -s {shlex.quote(path)} ]")
        if there.status:
            raise NoDump(f"{self.name}: its server gives no dump: {done.words or 'no reason given'}", hint=_RIGHTS)

    def _as(self) -> str:
        words = [*self._docker, *self._client]
        if self._login.user:
            words += ["--user", self._login.user]
        if self._login.password:
            words += ["--askpass"]
        return shlex.join(words)

    def _script(self, client: str, *lines: str) -> str:
        """`printf` is the shell's own: no process has these lines in its command."""
        given = [*([self._login.password] if self._login.password else []), *lines]
        return f"printf '%s\\n' {shlex.join(given)} | {client}" if given else f"{client} </dev/null"

    async def _told(self) -> ServerSettings:
        facts = await self.site.engine.get(f"/containers/{self._container}/json")
        environment = dict(each.split("=", 1) for each in facts["Config"].get("Env") or () if "=" in each)
        folder = str(facts["Config"].get("WorkingDir") or "/")
        files: dict[str, str | None] = {}
        while True:
            missing: list[str] = []

            def read(path: str, missing: list[str] = missing) -> str | None:
                if path not in files:
                    missing.append(path)
                return files.get(path)

            found = server_settings([facts["Path"], *(facts.get("Args") or ())], environment, read)
            if not missing:
                return found
            for path in dict.fromkeys(missing):
                words = (*self._docker, "cat", posixpath.join(folder, path))
                done = await self.site.shell.ask(f"{shlex.join(words)} </dev/null", seconds=_ASKING)
                files[path] = None if done.status else done.output


async def save_key_values(
    site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str], say: Say
) -> SavedData:
    """Saves a dump, and the other files. Where the server gives none, its files are copied while its containers are
    paused. Raises HostError, EngineError."""
    data = planned.data
    work = work_folder(site)
    dump = f"{work}/{_PART}"
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {data.name}")
    kind, writer = server_in(data)
    try:
        try:
            server = KeyValueServer(site, writer.id, data.name, kind)
            told = await server.find_login()
            place = await place_of(site, server, told, data, writer)
            await site.shell.run(f"umask 077; rm -rf {shlex.quote(work)}; mkdir -p {shlex.quote(work)}")
            hint = "make room; or say `quiesce: pause` of it: then its files are copied"
            most = await program.run(
                "room", work, told["used_memory"], doing="can't be dumped", seconds=_ASKING, hint=hint
            )
            await server.dump_to(dump, most=most)
            try:
                held = await program.run("settle", dump, doing="came in a dump that is not used", seconds=_DUMPING)
            except HostError as broken:
                raise NoDump(broken.says) from None
        except NoDump as why:
            say(f"{why.says}; so its files are copied while its containers are paused")
            return await save_files(site, repository, structs.replace(planned, method=BackupMethod.PAUSE), tags=tags)
        saved = await repository.save_output(
            _PART, f"cat {shlex.quote(dump)}", tags={**tags, "part": "rdb"}, seconds=COPYING
        )
        files, paused = await save_files_in_use(
            site, repository, data, without=place.own, patterns=place.passing, tags=tags
        )
    finally:
        await site.shell.run(f"rm -rf {shlex.quote(work)}", seconds=COPYING)
    return SavedData(
        name=data.name,
        project=data.project,
        kind=kind,
        method=planned.method,
        version=place.version,
        volume=data.volume,
        path=data.path,
        bytes=saved.total_bytes + files.total_bytes,
        downtime=round(paused, 2),
        snapshots={"rdb": saved.id, "files": files.id},
        expected={
            "databases": held["databases"],
            "files": files.files,
            "bytes": files.total_bytes,
            "server": to_builtins(place),
        },
    )


def server_in(data: DataSet) -> tuple[DataKind, DataWriter]:
    """Which of the two writes to it, in which container. Raises NoDump."""
    writer = server_of(data, tuple(_CLIENTS))
    if writer is None:
        raise NoDump(f"{data.name}: its server does not run")
    by_program = (KINDS_OF_PROGRAM.get(each, (DataKind.UNKNOWN,))[0] for each in writer.programs)
    return next(kind for kind in (data.kind, *by_program) if kind in _CLIENTS), writer


async def place_of(
    site: Site, server: KeyValueServer, told: Mapping[str, str], data: DataSet, writer: DataWriter
) -> DumpPlace:
    """Raises NoDump where the server keeps its data elsewhere."""
    folder = posixpath.relpath(await server.setting("dir", writer.mounted_at), writer.mounted_at)
    if folder.startswith(".."):
        raise NoDump(f"{data.name}: its server keeps its data elsewhere, in {await server.setting('dir', '')}")
    names = {
        name: await server.setting(name, usual)
        for name, usual in (
            ("dbfilename", "dump.rdb"),
            ("appenddirname", "appendonlydir"),
            ("appendfilename", "appendonly.aof"),
        )
    }
    if odd := next((each for each in names.values() if "/" in each or each in ("", ".", "..")), None):
        raise NoDump(f"{data.name}: its server says that it keeps its data in {odd!r}, which is no name of a file")
    place = DumpPlace(
        version=told.get("valkey_version") or told["redis_version"],
        folder="" if folder == "." else folder,
        dump=names["dbfilename"],
        appendonly=told.get("aof_enabled") == "1",
        log_folder=names["appenddirname"],
        log=names["appendfilename"],
    )
    pid = (await site.engine.get(f"/containers/{writer.id}/json"))["State"]["Pid"]
    paths = [posixpath.join(data.path, each) for each in place.own]
    for path in (*paths, f"/proc/{pid}"):  # as which user it writes, its process tells where it has no file yet
        done = await site.shell.run(f"stat -c '%u:%g %a' {shlex.quote(path)}")
        if not done.status:
            owner, mode = done.output.split()
            return structs.replace(place, owner=owner, mode=mode if path == paths[0] else "600")
    return place


async def fill_with_dump(site: Site, repository: Repository, saved: SavedData, folder: str) -> tuple[str, ...]:
    """Loads the files and the dump into `folder`, which is empty, as the server found its data when it was saved.
    Returns what is not as it was saved, as sentences. Raises HostError."""
    return await fill_place(site, repository, saved, folder, saved_place(saved))


def saved_place(saved: SavedData) -> DumpPlace:
    return convert(saved.expected["server"], DumpPlace)


async def fill_place(
    site: Site, repository: Repository, saved: SavedData, folder: str, place: DumpPlace
) -> tuple[str, ...]:
    """The same for a server that looks for its data at another place now."""
    wrong = await fill_with_files(site, repository, saved, folder)
    command = repository.dump_command(saved.snapshots["rdb"], _PART)
    script = _PLACE.with_arguments(folder, place.file, place.owner, place.mode, *place.manifest, command)
    done = await site.shell.run(script, seconds=COPYING)
    if done.status:
        raise HostError(f"{site.name}: {saved.name} can't be restored: {done.words or 'no reason given'}")
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {saved.name}")
    found = await program.run(
        "tell", posixpath.join(folder, place.file), doing="came back in a dump that is not whole", seconds=COPYING
    )
    return (*wrong, *unlike_keys(saved.expected["databases"], found["databases"]))


def unlike_keys(expected: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """What a dump holds otherwise than was saved, as sentences. Pure."""
    said = []
    for number, wanted in expected.items():
        there = found.get(number, {"keys": 0, "types": {}})
        if there["keys"] != wanted["keys"]:
            said.append(f"database {number} has {there['keys']:,} keys and should have {wanted['keys']:,}")
        elif there["types"] != wanted["types"]:
            said.append(f"database {number} has as many keys as it should, of other types")
    return tuple(said)


async def has_loaded(site: Site, saved: SavedData, container: str, *, say: Say) -> str:
    """Waits until the server in the container has loaded what was restored. Returns what it did not load, as a
    sentence; "" for nothing. Raises NoClient for a container that is no such server's, HostError, EngineError."""
    server = KeyValueServer(site, container, saved.name, saved.kind)
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        waits = clock() - began
        try:
            told = await server.find_login()
        except NoClient:
            raise
        except NoDump as error:  # it may not listen yet
            if waits > _COMES_UP:
                return error.says.removeprefix(f"{saved.name}: ")
        else:
            if told.get("loading", "0") == "0":
                break
            if waits > _LOADS:
                return f"its server is still loading after {_LOADS:.0f} s"
        await asyncio.sleep(_LOOKS_EVERY)
    if evicted := int(told.get("evicted_keys", "0")):
        say(f"{saved.name}: its server has evicted {evicted:,} keys since, as its maxmemory says")
    return not_loaded(told, sum(each["keys"] for each in saved.expected["databases"].values()))


def not_loaded(told: Mapping[str, str], wanted: int) -> str:
    """What a server that has just started lacks of `wanted` keys, as a sentence; "" for nothing. `told`: its INFO. Keys
    that expired before it loaded them count. Pure."""
    loaded = told.get("rdb_last_load_keys_loaded")
    if loaded is not None:
        there = int(loaded) + int(told.get("rdb_last_load_keys_expired", "0"))
        return "" if there == wanted else f"its server has loaded {there:,} keys, and should have {wanted:,}"
    # Before 7.0 it tells how many there are now, which others may have changed.
    there = sum(int(found[1]) for name, said in told.items() if (found := _KEYSPACE.match(f"{name}:{said}")))
    return "" if there or not wanted else f"its server has no keys, and should have {wanted:,}"


_KEYSPACE = re.compile(r"db\d+:keys=(\d+)")


async def sees_a_cut(site: Site, repository: Repository, saved: SavedData, beside: str) -> bool:
    """Is a dump seen that lacks its end? `beside`: a file that it makes and removes. Raises HostError."""
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {saved.name}")
    command = repository.dump_command(saved.snapshots["rdb"], _PART)
    path = shlex.quote(beside)
    await site.shell.run(f"umask 077; {command} >{path} && truncate -s -12 {path}", seconds=COPYING)
    try:
        await program.run("tell", beside, doing="is cut", seconds=COPYING)
    except HostError:
        return True
    finally:
        await site.shell.run(f"rm -f {path}")
    return False
