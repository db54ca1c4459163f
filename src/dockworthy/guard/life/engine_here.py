"""The engine of this machine: where its settings lie, whether it runs, whether it asks the guard."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject, WrongState
from ...errors import EngineError, EngineRefused, UsageError
from ...facts.host.daemon import read_daemon
from ...facts.host.daemon_json import read_daemon_json
from ...facts.host.names import Names
from ...facts.host.processes import Processes
from ...facts.host.root import Root
from ...facts.host.settings import DEFAULT_FILE, EngineStart, flag
from ...facts.host.sockets import SocketTables
from ...model.field import Set
from ...model.host import DaemonProcess
from ...model.json_parts import part
from ...model.published_ports import published_as_listed
from ...readers.engine_addresses import other_addresses
from ..confined_builds import builds_are_confined
from ..socket_access import SocketHolder, holders_in
from .places import PLUGIN

TAKES_OVER_WITHIN = 30.0
"""Seconds after SIGHUP; a loaded machine is slow."""


class EngineHere(Struct, frozen=True, kw_only=True):
    """`pid` is 0 where it does not run; then `version` is empty."""

    endpoint: str
    settings: Path
    pid_file: Path = Path("/var/run/docker.pid")
    pid: int = 0
    version: str = ""
    running: frozenset[str] = frozenset()
    """Ids of the containers that run."""
    containers: frozenset[str] = frozenset()
    """Names of all containers, also of those that do not run."""
    holders: tuple[SocketHolder, ...] = ()
    """Containers that have its socket mounted."""
    argv: tuple[str, ...] = ()
    live_restore: bool = False
    in_swarm: bool = False
    confines_builds: bool = False
    """BuildKit's builds do not reach the host's network: it was started so."""
    also_at: tuple[str, ...] = ()
    """Other addresses of its API, by its settings or in fact. On a worker of a swarm also ports that it holds for
    services, for only a manager tells these."""

    @property
    def path(self) -> str:
        return self.endpoint.removeprefix("unix://")

    def while_restarted(self) -> str:
        """What becomes of its containers then."""
        number = len(self.running)
        if not number:
            says = "no container runs"
        elif self.in_swarm:
            stop = "1 container stops and starts" if number == 1 else f"{number} containers stop and start"
            says = f"{stop} with it, for the engine of a swarm's node can't keep them running"
        else:
            run = "1 container runs on" if number == 1 else f"{number} containers run on"
            says = run + ("" if self.live_restore else " (live-restore is on meanwhile)")
        return f"some seconds without it; {says}"


def find_engine(endpoint: str, *, ask: bool = True) -> EngineHere:
    """Raises UsageError where its plugins can't be set in its file, EngineError where it runs and does not answer.
    `ask`: also what only the engine itself can say."""
    if not endpoint.startswith("unix:///"):
        raise UsageError(f"{endpoint}: a guard is installed beside its engine", hint="name its socket: unix:///PATH")
    root = Root(Path("/"))
    processes = Processes(root)
    daemon = read_daemon(root, processes, SocketTables(root, processes), endpoint.removeprefix("unix://"))
    if not isinstance(daemon, Set):
        return EngineHere(endpoint=endpoint, settings=Path(DEFAULT_FILE))
    start = EngineStart.of(daemon, Names(root))
    if daemon.value.uid:
        raise UsageError("the engine runs without root: whoever talks to it is its user, and no more, without a guard")
    if flag(daemon.value.argv, "--authorization-plugin") is not None:
        raise UsageError(
            "the engine's command line names its authorization plugins, which daemon.json then can't",
            hint="take --authorization-plugin out of the command line and restart the engine",
        )
    told = asyncio.run(_told(endpoint, daemon.value, settings_in(root, start.file_path))) if ask else {}
    confines = builds_are_confined(endpoint.removeprefix("unix://"))
    pid_file = flag(daemon.value.argv, "--pidfile", "-p") or "/var/run/docker.pid"
    return EngineHere(
        endpoint=endpoint, settings=Path(start.file_path), pid_file=Path(pid_file), pid=daemon.value.pid,
        argv=tuple(daemon.value.argv), confines_builds=confines, **told,
    )  # fmt: skip


def settings_in(root: Root, path: str) -> Mapping[str, Any]:
    """Of the engine's file; none where there is no file, as after an installation, or none that is JSON."""
    try:
        file = read_daemon_json(root, path)
    except FileNotFoundError:
        return {}
    return file.value if isinstance(file, Set) else {}


def tell(engine: EngineHere, *, guarded: bool) -> None:
    """Makes a running engine read its settings, and waits until it does, or does not, ask the guard.

    Raises EngineError where it does not come to that.
    """
    if not engine.pid:
        return
    reload(engine)
    wait_until(
        lambda: asks_guard(engine.endpoint) is guarded,
        f"the engine does not take over daemon.json within {TAKES_OVER_WITHIN:.0f} s",
    )


def reload(engine: EngineHere) -> None:
    """It reads its settings again, sometime soon. Raises EngineError."""
    try:
        os.kill(engine.pid, signal.SIGHUP)
    except ProcessLookupError:
        raise EngineError("the engine ended meanwhile", hint="its log tells why") from None


def keeps_containers(endpoint: str) -> bool:
    """Is live-restore on? Raises EngineError."""
    return bool(asyncio.run(_get(endpoint, "/info")).get("LiveRestoreEnabled"))


PROBE = "/swarm/unlockkey?dockworthy=asks"
"""What the guard lets nobody pass. The query, which the engine ignores, tells it from other people's in the audit."""


def asks_guard(endpoint: str) -> bool:
    """Measured by what the guard never lets pass: the engine's own list of plugins is that of its start. At the guard's
    own socket only a yes counts: there the role of who asks decides first, and an admin passes.

    Raises EngineError where it does not answer.
    """
    try:
        asyncio.run(_get(endpoint, PROBE))
    except EngineRefused as error:
        return f"plugin {PLUGIN}" in error.says
    except WrongState:
        pass
    return False


def check_running(engine: EngineHere) -> None:
    """Does all run that ran? What ended by itself meanwhile, with status 0 or by `--rm`, does not count. Raises
    EngineError that names the others."""
    stopped = engine.running - running_at(engine.endpoint)
    failed = asyncio.run(_failed(engine.endpoint, stopped)) if stopped else ()
    if failed:
        raise EngineError(f"containers that ran do not run any more: {', '.join(failed)}")


def wait_until(condition: Callable[[], bool], otherwise: str, *, seconds: float = TAKES_OVER_WITHIN) -> None:
    """Raises EngineError with the words `otherwise`."""
    deadline = time.monotonic() + seconds
    says = ""
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except EngineError as error:
            says = f": {error.says}"
        time.sleep(0.1)
    raise EngineError(otherwise + says, hint="its log tells why: journalctl -u docker")


async def _failed(endpoint: str, ids: Iterable[str]) -> list[str]:
    """Those of these that are there, do not run and did not end well, with their status."""
    found = []
    async with Connection(endpoint) as connection:
        for id in ids:
            try:
                inspect = await connection.get(f"/containers/{id}/json")
            except NoSuchObject:
                continue
            state = inspect.get("State") or {}
            if not state.get("Running") and state.get("ExitCode") != 0:
                found.append(f"{str(inspect.get('Name', id)).lstrip('/')} (exit status {state.get('ExitCode')})")
    return sorted(found)


async def _told(endpoint: str, daemon: DaemonProcess, file: Mapping[str, Any]) -> dict[str, Any]:
    """What only the engine itself says. `file`: its settings."""
    path = endpoint.removeprefix("unix://")
    async with Connection(endpoint) as connection:
        info = await connection.get("/info")
        services = await connection.get("/services") if part(info, "Swarm", "ControlAvailable") is True else []
        listed, there = [await connection.get(f"/containers/json{query}") for query in ("", "?all=1")]
        return {
            "version": str(connection.version.get("Version", "")),
            "running": frozenset(str(each["Id"]) for each in listed),
            "containers": frozenset(str(name).lstrip("/") for each in there for name in each.get("Names") or ()),
            "holders": holders_in(listed, path),
            "live_restore": bool(info.get("LiveRestoreEnabled")),
            "in_swarm": info.get("Swarm", {}).get("LocalNodeState", "inactive") != "inactive",
            "also_at": tuple(
                other_addresses(
                    daemon,
                    file,
                    [path, os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))],
                    info=info,
                    published=published_as_listed(listed, services),
                )
            ),
        }


async def _get(endpoint: str, path: str) -> Any:
    async with Connection(endpoint) as connection:
        return await connection.get(path)


def running_at(endpoint: str) -> frozenset[str]:
    """Raises EngineError."""
    return frozenset(str(each["Id"]) for each in asyncio.run(_get(endpoint, "/containers/json")))
