"""Watches a service that was started until it is up and stays so, or until it is clear that it won't."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from .inside import listening_ports
from .limits import SeenUse
from .probes import ProofProbe, ask
from .project import ScratchProject

_COMPLAINT = re.compile(
    r"(?i)read-only file ?system|\bEROFS\b|operation not permitted|\bEPERM\b|permission denied|\bEACCES\b"
    r"|not permitted|cannot allocate memory|out of memory|resource temporarily unavailable|no space left"
)
_ERROR = re.compile(r"(?i)\b(?:error|fatal|panic|failed|failure|cannot|can't|unable|denied|exception|traceback)\b")
_FAULT = re.compile(
    r"(?i)\b(?:errors?|fatal|panic(?:ked)?|fail(?:s|ed|ure|ures|ing)?|can ?not|can't|could ?n[o']t|could not|unable"
    r"|denied|refused|exceptions?|abort(?:s|ed|ing)?|no such|not found|missing|does ?n[o']t exist|does not exist"
    r"|invalid|illegal|not allowed|must(?: not)? be|errno|segmentation fault|segfault|core dumped|bad system call"
    r"|killed|\w+error|\w+exception)\b"
    r"|\bE(?:NOENT|NOTDIR|NOEXEC|NOSYS|NODEV|NXIO|NOMEM|NOSPC|EXIST|ADDRINUSE|ADDRNOTAVAIL|CONNREFUSED|INVAL|BUSY)\b"
)
"""Words of a line that names a fault; wider than those from which capabilities are guessed."""
_NO_FAULT = re.compile(
    r"(?i)\b(?:no|0|zero|without(?: any)?) (?:errors?|failures?|exceptions?|failed)\b"
    r"|\b(?:errors?|failures?|failed|exceptions?|missing|denied|refused|killed)[\"']?\s*[:=]\s*"
    r"(?:0|none|null|nil|false|\"\"|''|\[\])(?![\w.])"
    r"|\berror[._ -]?(?:logs?|pages?|reporting|handlers?|documents?)\b"
    r"|^\s*traceback \(most recent call last\):?"
)
"""Words that name none: a count of none, the place where errors are written, and the heading above the error itself."""
_HARMLESS_LEVEL = re.compile(
    r"(?i)\blevel[\"']?\s*[:=]\s*[\"']?(?:trace|debug|info|notice)\b|\[(?:trace|debug|info|notice)\]"
    r"|^\S*\s*(?:\S+\s+)?(?:TRACE|DEBUG|INFO|NOTICE)\b"
)
"""The program itself says that nothing is wrong."""
_READ_ONLY = re.compile(r"(?i)read-only file ?system|\bEROFS\b")
_PATH = re.compile(r"(?<![\w.:/])/[^\s\"'`:;,()<>\[\]{}]+")
_VARYING = re.compile(r"\d+|0x[0-9a-f]+")

_HINTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(?i)chown|changing ownership|change owner"), ("CHOWN",)),
    (re.compile(r"(?i)chmod|changing permissions|change permissions|utime"), ("FOWNER", "FSETID")),
    (re.compile(r"(?i)set(?:res|re|e)?uid|setpriv|gosu|su-exec|switching to|setuidgid"), ("SETUID", "SETGID")),
    (re.compile(r"(?i)set(?:res|re|e)?gid|setgroups|initgroups"), ("SETGID", "SETUID")),
    (re.compile(r"(?i)bind|listen|port"), ("NET_BIND_SERVICE",)),
    (re.compile(r"(?i)chroot"), ("SYS_CHROOT",)),
    (re.compile(r"(?i)mknod"), ("MKNOD",)),
    (re.compile(r"(?i)raw socket|icmp|ping"), ("NET_RAW",)),
    (re.compile(r"(?i)kill|signal"), ("KILL",)),
    (re.compile(r"(?i)permission denied|EACCES"), ("DAC_OVERRIDE",)),
)

USUAL = ("CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER")
"""What a program needs that starts as root, takes over its data and steps down."""


def hinted_capabilities(lines: Iterable[str]) -> tuple[str, ...]:
    """Capabilities that complaints of a log hint at, in order."""
    found: dict[str, None] = {}
    for line in lines:
        if _COMPLAINT.search(line) or _ERROR.search(line):
            for words, capabilities in _HINTS:
                if words.search(line):
                    found.update(dict.fromkeys(capabilities))
    return tuple(found)


def refused_paths(lines: Iterable[str]) -> tuple[str, ...]:
    """Paths that a log says lie on a read-only file system. The last one of a line is what could not be written:
    before it programs name themselves."""
    found = (_PATH.findall(line) for line in lines if _READ_ONLY.search(line))
    return tuple(dict.fromkeys(paths[-1].rstrip("/.") for paths in found if paths))


def new_complaints(lines: Iterable[str], before: Iterable[str]) -> list[str]:
    """Lines about missing rights or room of which the unchanged service's log has none alike (numbers apart)."""
    known = {_alike(line) for line in before}
    return [line for line in lines if _COMPLAINT.search(line) and _alike(line) not in known]


def telling_line(lines: Sequence[str], before: Iterable[str] = ()) -> str:
    """The line that shows why it failed: the first new one about rights or room, else the first new one that names a
    fault. "" where none does: the last line of a log is no proof of anything."""
    known = {_alike(line) for line in before}
    new = [line.strip()[:300] for line in lines if line.strip() and _alike(line) not in known]
    return next((line for shows in (_COMPLAINT.search, _names_a_fault) for line in new if shows(line)), "")


def _names_a_fault(line: str) -> bool:
    return not _HARMLESS_LEVEL.search(line) and _FAULT.search(_NO_FAULT.sub(" ", line)) is not None


def _alike(line: str) -> str:
    return _VARYING.sub("#", line.strip())


_EVERY = 0.15
"""Seconds between two looks."""


class CountsAsUp(Struct, frozen=True, kw_only=True):
    """What counts as up. `ports` must listen, `probes` must answer, and it must stay so for `settle` seconds.

    `within`: seconds that it may take. `restarts` that it may need. `ends`: it is a job, and up is having ended well;
    None: it may be one.
    `log`: lines that the unchanged service writes; complaints about rights that are not among them count against it.
    """

    within: float
    settle: float
    probes: tuple[ProofProbe, ...] = ()
    ports: frozenset[int] = frozenset()
    restarts: int = 5
    ends: bool | None = False
    log: tuple[str, ...] = ()
    strict: bool = True


class RunWatched(Struct, frozen=True, kw_only=True):
    """How it went. `line` is the log line that shows a failure, `how` says from what it was known to be up."""

    up: bool
    why: str = ""
    line: str = ""
    log: tuple[str, ...] = ()
    seconds: float = 0.0
    restarts: int = 0
    ended: bool = False
    ports: frozenset[int] = frozenset()
    how: str = ""


class ContainerWatch:
    """Of one container. `use` collects what it uses meanwhile, where that is asked for."""

    def __init__(
        self, project: ScratchProject, container: str, expected: CountsAsUp, *, local: bool, use: SeenUse | None = None
    ) -> None:
        self._project = project
        self._container = container
        self._expected = expected
        self._local = local
        self._use = use
        self._facts: dict[str, Any] = {}
        self._failing = ""
        self._last_status: int | None = None

    async def until_decided(self) -> RunWatched:
        """Raises EngineError where the engine no longer answers."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        up_since: float | None = None
        while True:
            self._facts = await self._project.inspect(self._container)
            why = self._is_lost()
            ready = not why and await self._is_ready()
            now = clock()
            if why or (not ready and now - begun > self._expected.within):
                return await self._lost(why or self._failing or "it does not get ready", now - begun)
            if self._has_ended():
                return await self._up(now - begun, now - begun)
            up_since = (up_since or now) if ready else None
            if up_since is not None and now - up_since >= self._expected.settle:
                return await self._up(up_since - begun, now - begun)
            await self._sample(now)
            await asyncio.sleep(_EVERY)

    def _is_lost(self) -> str:
        """Why it will not come up any more; "" as long as it may."""
        state = self._facts["State"]
        if state.get("OOMKilled"):
            return "it was killed for want of memory"
        if state["Status"] == "restarting":
            self._last_status = state.get("ExitCode")
        if int(self._facts.get("RestartCount") or 0) > self._expected.restarts:
            return f"it ends again and again{self._last_ended()}"
        if state["Status"] in ("exited", "dead") and not self._has_ended():
            return f"it ends with status {state.get('ExitCode')}"
        return ""

    def _last_ended(self) -> str:
        return "" if self._last_status is None else f", last with status {self._last_status}"

    def _has_ended(self) -> bool:
        state = self._facts["State"]
        return self._expected.ends is not False and state["Status"] == "exited" and state.get("ExitCode") == 0

    async def _is_ready(self) -> bool:
        state = self._facts["State"]
        if state["Status"] != "running" or self._expected.ends:
            ended = self._last_ended() if state["Status"] == "restarting" else ""
            self._failing = f"it is {state['Status']}{ended}" + (", and used to end" if self._expected.ends else "")
            return False
        health = (state.get("Health") or {}).get("Status", "none")
        if health not in ("none", "healthy"):
            self._failing = f"its health check says {health}: {_last_check(state)}"
            return False
        missing = self._expected.ports - listening_ports(self._facts, local=self._local)
        if missing:
            self._failing = f"it does not listen on port {min(missing)}"
            return False
        for probe in self._expected.probes:
            if wrong := await ask(probe, self._project.docker, self._facts, local=self._local):
                self._failing = f"the probe fails: {wrong}"
                return False
        return True

    async def _up(self, seconds: float, watched: float) -> RunWatched:
        log = await self._project.log(self._container)
        bad = new_complaints(log, self._expected.log) if self._expected.strict else []
        return RunWatched(
            up=not bad,
            why="it comes up, and complains" if bad else "",
            line=bad[0].strip()[:300] if bad else "",
            log=tuple(log),
            seconds=seconds,
            restarts=int(self._facts.get("RestartCount") or 0),
            ended=self._has_ended(),
            ports=listening_ports(self._facts, local=self._local),
            how=self._how(watched - seconds),
        )

    async def _lost(self, why: str, seconds: float) -> RunWatched:
        log = await self._project.log(self._container)
        line = telling_line(log, self._expected.log)
        return RunWatched(up=False, why=why, line=line, log=tuple(log), seconds=seconds)

    def _how(self, stayed: float) -> str:
        known = []
        if self._has_ended():
            return "it ran to its end"
        if (self._facts["State"].get("Health") or {}).get("Status") == "healthy":
            known.append("its health check passes")
        known += [f"the probe of {probe.service} passes" for probe in self._expected.probes]
        if self._expected.ports:
            known.append(f"it listens on {', '.join(str(port) for port in sorted(self._expected.ports))}")
        return " and ".join(known) or f"it stayed up for {stayed:.0f} s"

    async def _sample(self, now: float) -> None:
        if self._use is not None:
            stats = await self._project.engine.get(f"/containers/{self._container}/stats?stream=false&one-shot=true")
            self._use.add(stats, now)


def _last_check(state: Mapping[str, Any]) -> str:
    checks: Sequence[Mapping[str, Any]] = (state.get("Health") or {}).get("Log") or ()
    words = " ".join(str(checks[-1].get("Output") or "").split()) if checks else ""
    return words[:200] or "it has not answered yet"
