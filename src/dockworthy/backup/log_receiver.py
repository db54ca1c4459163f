"""The container that receives a PostgreSQL's log: of the database's own image, in its network, with a replication slot
and an account of its own. The engine starts it again; it needs no dockworthy that runs.

`STATE/backup/log/ID/` on the host has the password of that account (`pass`), the name of the chain that is received now
(`current`), and a folder for each chain: a log that was received without a gap, of one server on one timeline. Where
that can't go on (the slot is gone or was thrown away, the server was restored, the folder is not whole), a new chain
begins; the old one stays there until every repository has it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import shlex
import time
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ..engine.faults import NoSuchObject
from ..engine.site import Site, write_file
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import DataSet, DataWriter
from ..model.labels import LOG_PROJECT, LOG_RECEIVER
from ..model.saying import Say
from .log_needs import ROLE, LogWay
from .log_reach import SEGMENT, gap_in
from .postgresql import PostgresqlServer
from .server_beside import last_words

LOG_OF = "dockworthy.log-of"
LOG_DATA = "dockworthy.log-data"
_MADE_AS = "dockworthy.made-as"
_RECEIVE = HostScript(__package__, "receive_log.sh")
_FOLDER = HostScript(__package__, "log_folder.sh")
_PASS = "/run/dockworthy-log-pass"
_LEAST_FREE = 1024 * 1024
"""kB that must stay free on the disk of what is received."""
_MEMORY = 128 * 1024 * 1024
_SECOND = 1_000_000_000
"""Nanoseconds: of a health check's times, and of a processor."""
_HEALTHY = 'read -r receiver </tmp/receiver && kill -0 "$receiver"'
"""Its program runs. Whether that receives, the server tells: `dockworthy backup status`."""
_STREAMS = 120.0
"""Seconds in which it must receive, and in which what was just written must have arrived."""
_LOOKS_EVERY = 0.2
_CALL = 120.0
_ROUNDS = 4096
_MARK = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
SELECT pg_logical_emit_message(true, 'dockworthy', 'saved') IS NULL;
SELECT pg_current_wal_flush_lsn()"""
"""A moment, and a transaction that ends behind it: to a moment behind the last transaction no server recovers."""


class LogChain(Struct, frozen=True, kw_only=True):
    """A log that was received without a gap. `system`, `timeline`: of the server; `slot`: there; `size`: bytes of each
    of its files."""

    name: str
    system: str
    timeline: str
    slot: str
    size: int


class ReceivedFiles(Struct, frozen=True, kw_only=True):
    """Of a chain: names of the `whole` files, in order; `begun`: the name that the next one will have, "" for none;
    `written`: when something was written last, seconds since 1970."""

    whole: tuple[str, ...]
    begun: str
    written: float

    @property
    def first(self) -> str:
        return self.whole[0] if self.whole else self.begun


class LogGap(HostError):
    """A file of the log is missing between two that are there."""


class LogReceiver:
    """For one data set. `server`: the one that runs; its methods that ask it raise HostError where it does not."""

    def __init__(self, site: Site, data: DataSet, writer: DataWriter, way: LogWay) -> None:
        self.kept = KeptLog(site, data.project, data.name)
        self.way = way
        self.server = PostgresqlServer(site, writer.id, data.name)
        self._site = site
        self._data = data
        self._writer = writer
        self._like = f"{data.path}/{data.data_folder}".rstrip("/")
        self._container = ""

    async def begin(self, *, say: Say) -> LogChain:
        """Sees that it receives: goes on with the chain, or begins a new one, and says why. Raises HostError,
        EngineError."""
        await self.server.find_login()
        chain = await self.kept.current()
        why = "its log is received from now on" if chain is None else await self.why_ended(chain)
        if chain is None or why:
            say(f"{self._data.name}: {why}")
            chain = await self._begin_anew()
        await self._account()
        await self._started(chain)
        await self._streams(chain)
        return chain

    async def goes_on(self) -> LogChain | None:
        """The chain, where it is received now. Raises HostError, EngineError."""
        chain = await self.kept.current()
        if chain is None:
            return None
        await self.server.find_login()
        return chain if not await self.why_ended(chain) and await self.receives(chain) else None

    async def why_ended(self, chain: LogChain) -> str:
        """Why it can't go on, as a sentence; "" where it can."""
        again = "a new log begins with this backup"
        if (chain.system, chain.timeline) != (self.way.system, self.way.timeline):
            return f"it was restored, or is another server than before: {again}"
        told = await self.server.value(
            f"SELECT coalesce((SELECT coalesce(wal_status, '') FROM pg_replication_slots WHERE slot_name = "
            f"'{chain.slot}'), 'gone')",
            "template1",
        )
        if told in ("lost", "gone"):
            return f"its log was not received for so long that the server threw it away: {again}"
        try:
            await self.kept.files(chain)
        except LogGap as gap:
            return f"{gap.says}: {again}"
        return ""

    async def _begin_anew(self) -> LogChain:
        """The old receiver and its slot go first: the server keeps its log for nobody else."""
        await remove_receivers(self._site, self.kept.id)
        await self._drop_slots()
        name = secrets.token_hex(4)
        chain = LogChain(
            name=name,
            system=self.way.system,
            timeline=self.way.timeline,
            slot=f"{self._slots}{name}",
            size=self.way.segment,
        )
        await self.kept.make(chain, like=self._like)
        await self.server.value(f"SELECT pg_create_physical_replication_slot('{chain.slot}', true)", "template1")
        return chain

    @property
    def _slots(self) -> str:
        return f"dockworthy_{self.kept.id}_"

    async def _drop_slots(self) -> None:
        """Raises HostError."""
        await self.server.value(
            "SELECT count(pg_terminate_backend(active_pid)) FROM pg_replication_slots WHERE active_pid IS NOT NULL AND "
            f"starts_with(slot_name, '{self._slots}')",
            "template1",
        )
        ends = asyncio.get_running_loop().time() + _STREAMS
        mine = f"FROM pg_replication_slots WHERE starts_with(slot_name, '{self._slots}')"
        while await self.server.value(f"SELECT count(*) {mine} AND active", "template1") != "0":
            if asyncio.get_running_loop().time() > ends:
                raise HostError(f"{self._data.name}: another receiver has its slot: SELECT * {mine}")
            await asyncio.sleep(_LOOKS_EVERY)
        await self.server.value(f"SELECT count(pg_drop_replication_slot(slot_name)) {mine}", "template1")

    async def end(self) -> None:
        """Nothing is received any more, and the server keeps nothing for it; what was received stays until it is
        saved. Raises HostError, EngineError."""
        await remove_receivers(self._site, self.kept.id)
        await self.server.find_login()
        await self._drop_slots()
        await self.server.value(f"DROP ROLE IF EXISTS {ROLE}", "template1")
        await self.kept.forget_current()

    async def _account(self) -> None:
        """Has the server know the password that is kept on the host. It gets what is derived from it: its log of
        statements could have the password else."""
        password = await self.kept.password(like=self._like)
        found = await self.server.value(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{ROLE}'", "template1")
        if found and found == scram(password, found):
            return
        made = await self.server.value(f"SELECT count(*) FROM pg_roles WHERE rolname = '{ROLE}'", "template1")
        verb = "ALTER" if made == "1" else "CREATE"
        await self.server.value(f"{verb} ROLE {ROLE} WITH LOGIN REPLICATION PASSWORD '{scram(password)}'", "template1")

    async def _started(self, chain: LogChain) -> None:
        """Its container, made anew where it would be another one now."""
        engine = self._site.engine
        facts = await engine.get(f"/containers/{self._writer.id}/json")
        image = await engine.get(f"/images/{facts['Image']}/json")
        user = await self._user()
        body = self._body(chain, facts, image, user)
        secret = await self.kept.password(like=self._like)  # a file that is written anew is another one than it mounts
        told = json.dumps([body, hashlib.sha256(secret.encode()).hexdigest()], sort_keys=True)
        body["Labels"][_MADE_AS] = hashlib.sha256(told.encode()).hexdigest()[:16]
        there = await receivers(self._site, self.kept.id)
        fits = [each for each in there if each["Labels"].get(_MADE_AS) == body["Labels"][_MADE_AS]]
        if len(there) == 1 and fits:
            self._container = fits[0]["Id"]
            if fits[0].get("State") != "running":
                await engine.send(
                    "POST", f"/containers/{self._container}/start", answer=False, seconds=_CALL, as_root=True
                )
            return
        await remove_receivers(self._site, self.kept.id)
        name = f"dockworthy-log-{self.kept.id}"
        made = await engine.send("POST", f"/containers/create?name={name}", body, as_root=True)
        self._container = made["Id"]
        await engine.send("POST", f"/containers/{self._container}/start", answer=False, seconds=_CALL, as_root=True)

    async def _user(self) -> str:
        """As whom the server runs, in numbers: who owns its data folder."""
        words = ("docker", "--host", f"unix://{self._site.socket}", "exec", self._writer.id)
        done = await self._site.shell.ask(shlex.join((*words, "ls", "-nd", self.way.folder)))
        found = done.output.split()
        if done.status or len(found) < 4:
            raise HostError(f"{self._data.name}: nobody can tell who owns {self.way.folder}: {done.words}")
        return f"{found[2]}:{found[3]}"

    def _body(self, chain: LogChain, facts: dict[str, Any], image: dict[str, Any], user: str) -> dict[str, Any]:
        """What the engine is asked to make."""
        host = facts["HostConfig"]
        empty = dict.fromkeys((image.get("Config") or {}).get("Volumes") or {}, "size=1m")
        words = [chain.slot, self.way.host, str(self.way.port), ROLE, str(_LEAST_FREE)]
        return {
            "Image": facts["Image"],
            "Entrypoint": ["sh", "-c", _RECEIVE.bare, "receive_log"],
            "Cmd": words,
            "User": user,
            "Env": [f"PGPASSFILE={_PASS}"],
            "WorkingDir": "/",
            "StopSignal": "SIGTERM",
            "Healthcheck": {"Test": ["CMD", "sh", "-c", _HEALTHY], "Interval": 30 * _SECOND, "Timeout": 10 * _SECOND},
            "Labels": {
                LOG_RECEIVER: self._site.state,
                LOG_OF: self.kept.id,
                LOG_PROJECT: self._data.project,
                LOG_DATA: self._data.name,
            },
            "HostConfig": {
                **{key: host[key] for key in ("Runtime", "UsernsMode") if host.get(key)},
                "NetworkMode": self.way.network,
                "RestartPolicy": {"Name": "unless-stopped"},
                "ReadonlyRootfs": True,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"],
                "Memory": _MEMORY,
                "MemorySwap": _MEMORY,
                "NanoCpus": _SECOND,
                "PidsLimit": 64,
                "Tmpfs": {**empty, "/tmp": "size=1m"},
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}},
                "Mounts": [
                    {"Type": "bind", "Source": self.kept.received(chain), "Target": "/log"},
                    {"Type": "bind", "Source": self.kept.pass_file, "Target": _PASS, "ReadOnly": True},
                ],
            },
        }

    async def receives(self, chain: LogChain, *, lsn: str = "0/0") -> bool:
        """Does it, and has it what was written before `lsn`?"""
        told = await self.server.value(
            "SELECT coalesce(bool_or(r.state = 'streaming' AND r.flush_lsn >= "
            f"'{lsn}'), false) FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid "
            f"WHERE s.slot_name = '{chain.slot}'",
            "template1",
        )
        return told == "t"

    async def _streams(self, chain: LogChain, *, lsn: str = "0/0") -> None:
        """Waits for it. Raises HostError with the last words of the receiver."""
        clock = asyncio.get_running_loop().time
        ends = clock() + _STREAMS
        while not await self.receives(chain, lsn=lsn):
            if clock() > ends:
                said = await last_words(self._site, self._container or f"dockworthy-log-{self.kept.id}")
                raise HostError(
                    f"{self._data.name}: its log is not received: {said}",
                    hint="was pg_hba.conf read again (SELECT pg_reload_conf())? "
                    f"docker logs dockworthy-log-{self.kept.id} tells more",
                )
            await asyncio.sleep(_LOOKS_EVERY)

    async def mark(self, chain: LogChain) -> None:
        """All that was committed until now has been received, and that moment is kept. Raises HostError."""
        await self.server.find_login()
        lines = (await self.server.value(_MARK, "template1")).split()
        await self._streams(chain, lsn=lines[-1])
        await self.kept.write_until(chain, lines[0])

    async def lag(self, chain: LogChain) -> int | None:
        """Bytes that the server keeps for it. Raises HostError."""
        told = await self.server.value(
            "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), coalesce((SELECT r.flush_lsn "
            "FROM pg_stat_replication r WHERE r.pid = s.active_pid), s.restart_lsn)) FROM pg_replication_slots s "
            f"WHERE slot_name = '{chain.slot}'",
            "template1",
        )
        return max(0, int(told)) if told.lstrip("-").isdecimal() else None

    def copying(self) -> str:
        """A command for a shell of the host that writes a copy of the whole server, as tar."""
        words = ("docker", "--host", f"unix://{self._site.socket}", "exec", self._container)
        login = f"host={self.way.host} port={self.way.port} user={ROLE}"
        asked = ("--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-password")
        return shlex.join((*words, "pg_basebackup", *asked, "--label=dockworthy", f"--dbname={login}"))


class KeptLog:
    """What the host has of a data set's log."""

    def __init__(self, site: Site, project: str, name: str) -> None:
        self.id = hashlib.sha256(f"{project}\0{name}".encode()).hexdigest()[:12]
        self.folder = f"{site.state}/backup/log/{self.id}"
        self.lock = f"{site.state}/backup/log/lock"
        self.pass_file = f"{self.folder}/pass"
        self._site = site
        self._name = name

    def received(self, chain: LogChain) -> str:
        return f"{self.folder}/{chain.name}/received"

    async def current(self) -> LogChain | None:
        name = (await self._site.shell.file(f"{self.folder}/current") or "").strip()
        return await self._chain(name) if name else None

    async def chains(self) -> list[LogChain]:
        """All that are there."""
        names = (await self._run("chains", self.folder)).split()
        return [each for name in names if (each := await self._chain(name)) is not None]

    async def _chain(self, name: str) -> LogChain | None:
        text = await self._site.shell.file(f"{self.folder}/{name}/chain.json")
        try:
            return msgspec.json.decode(text, type=LogChain) if text else None
        except msgspec.MsgspecError:
            return None

    async def make(self, chain: LogChain, *, like: str) -> None:
        await self._run("make", self.folder, chain.name, like)
        await write_file(self._site.shell, f"{self.folder}/{chain.name}/chain.json", msgspec.json.encode(chain))
        await write_file(self._site.shell, f"{self.folder}/current", f"{chain.name}\n".encode())

    async def forget_current(self) -> None:
        await self._site.shell.run(shlex.join(("rm", "-f", "--", f"{self.folder}/current")))

    async def password(self, *, like: str) -> str:
        """Of the account that receives it, made where there is none."""
        text = await self._site.shell.file(self.pass_file)
        if text is None or text.count(":") < 4:
            text = f"*:*:*:{ROLE}:{secrets.token_urlsafe(24)}\n"
            await write_file(self._site.shell, self.pass_file, text.encode())
        await self._run("give", self.pass_file, like)
        return text.strip().rpartition(":")[2]

    async def files(self, chain: LogChain) -> ReceivedFiles:
        """Raises LogGap where one is missing between two others."""
        whole, begun, written = [], "", 0.0
        for line in (await self._run("list", self.received(chain))).splitlines():
            name, *_, seconds = line.split(" ")
            if len(line.split(" ")) != 3 or not name.startswith(chain.timeline):
                continue  # of a name with spaces: none of PostgreSQL's
            if SEGMENT.fullmatch(name):
                whole.append(name)
            elif name.endswith(".partial"):
                begun = max(begun, name.removesuffix(".partial"))
            written = max(written, float(seconds))
        whole.sort()
        if gap := gap_in((*whole, begun) if begun and begun not in whole else whole, chain.size):
            raise LogGap(
                f"{self._name}: its log has a gap: of its files nothing is there between {gap[0]} and {gap[1]}",
                hint="dockworthy backup begins a new one",
            )
        return ReceivedFiles(whole=tuple(whole), begun=begun, written=written)

    async def age(self, chain: LogChain) -> float | None:
        """Seconds since something arrived."""
        written = (await self.files(chain)).written
        return max(0.0, time.time() - written) if written else None

    async def until(self, chain: LogChain) -> str:
        """Until which moment all that was committed has been received for certain, "" for none."""
        return (await self._site.shell.file(f"{self.folder}/{chain.name}/until") or "").strip()

    async def write_until(self, chain: LogChain, moment: str) -> None:
        await write_file(self._site.shell, f"{self.folder}/{chain.name}/until", f"{moment}\n".encode())

    async def window(self, chain: LogChain, place: str) -> str:
        """Id of the backup to which what is saved of the chain belongs, in the repository with the id `place`."""
        return (await self._site.shell.file(f"{self.folder}/{chain.name}/windows/{place}") or "").strip()

    async def open_window(self, chain: LogChain, place: str, run: str) -> None:
        await self._run("window", self.lock, f"{self.folder}/{chain.name}/windows/{place}", run)

    async def trim(self, chain: LogChain, before: str, *, minutes: int) -> None:
        await self._run("trim", self.lock, self.received(chain), before, str(minutes))

    async def drop(self, chain: LogChain) -> None:
        await self._run("drop", f"{self.folder}/{chain.name}")

    async def _run(self, *words: str) -> str:
        done = await self._site.shell.run(_FOLDER.with_arguments(*words), seconds=900.0)
        if done.status:
            raise HostError(f"{self._site.name}: the log of {self._name} can't be kept in {self.folder}: {done.words}")
        return done.output


async def receivers(site: Site, id: str = "") -> list[dict[str, Any]]:
    """Containers of this host's dockworthy that receive a log, as the engine lists them; `id`: of that data set.
    Raises EngineError."""
    labels = [f"{LOG_RECEIVER}={site.state}", *([f"{LOG_OF}={id}"] if id else [])]
    found: list[dict[str, Any]] = await site.engine.get(
        f"/containers/json?all=true&filters={quote(json.dumps({'label': labels}))}"
    )
    return found


async def remove_receivers(site: Site, id: str) -> None:
    """Raises EngineError."""
    for each in await receivers(site, id):
        try:
            await site.engine.send("DELETE", f"/containers/{each['Id']}?force=true&v=true", answer=False, seconds=_CALL)
        except NoSuchObject:
            continue


def scram(password: str, like: str = "") -> str:
    """What PostgreSQL keeps of a password (RFC 5803), with the salt and rounds of `like`, another one. Pure."""
    salt, rounds = secrets.token_bytes(16), _ROUNDS
    if like.startswith("SCRAM-SHA-256$"):
        number, _, coded = like.removeprefix("SCRAM-SHA-256$").partition("$")[0].partition(":")
        salt, rounds = base64.b64decode(coded), int(number)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    coded_parts = [base64.b64encode(each).decode() for each in (salt, client, server)]
    return f"SCRAM-SHA-256${rounds}:{coded_parts[0]}${coded_parts[1]}:{coded_parts[2]}"
