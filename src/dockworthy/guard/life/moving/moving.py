"""The engine's own socket moved away, the guard's put at its place, and both taken back."""

from __future__ import annotations

import contextlib
from typing import Any

from msgspec import Struct, structs

from ....errors import DockworthyError, UsageError
from ....model.guard_policy import Binding
from ....model.saying import Say
from .. import kept_files
from ..engine_here import EngineHere, find_engine
from ..places import Places
from ..record import People
from ..service import Service
from .askers import in_words, left_out, stale_mounts
from .doors import look_at
from .engine_service import EngineService
from .listen_config import ListenConfig, way_of
from .restarting import note_for_a_crash, restart


class Moving(Struct, frozen=True, kw_only=True):
    """`roles`: those of the policy; `starter` is who stops and starts the engine."""

    engine: EngineHere
    people: People
    way: ListenConfig
    starter: EngineService
    places: Places
    roles: tuple[Binding, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """Who asks the engine today, and will be refused."""
        return left_out(self.roles, group=self.people.group, holders=self.engine.holders)

    def in_words(self) -> tuple[str, ...]:
        engine, people = self.engine, self.people
        return (
            f"the engine's own socket goes to {self.places.engine_socket}, in a folder that root alone can enter; "
            f"it is told by {self.way.says}",
            f"the engine is restarted for that ({self.starter.in_words}): {engine.while_restarted()}",
            f"the guard's socket comes to {people.path}, for {people.group} and root as before "
            f"({people.mode:04o}): who connects has the role that the policy gives them, and none without it",
            *in_words(self.roles, group=people.group, mode=people.mode, holders=engine.holders),
            *self.stale_mounts,
        )

    @property
    def stale_mounts(self) -> tuple[str, ...]:
        """Which containers are to be restarted, and how."""
        return tuple(stale_mounts(self.people.path, self.engine.holders))

    def kept(self) -> tuple[kept_files.KeptFile, ...]:
        """The files that say where the engine listens, as they are."""
        return tuple(
            kept_files.look(path, () if path.parent.exists() else (path.parent,)) for path, _ in self.way.files
        )


def plan_move(engine: EngineHere, places: Places, hosts: Any, roles: tuple[Binding, ...] = ()) -> Moving:
    """`hosts` of daemon.json. Raises UsageError where it can't be done."""
    if not engine.pid:
        raise UsageError("no engine runs here whose socket could be moved", hint="start it")
    if hosts is not None and not (isinstance(hosts, list) and all(isinstance(each, str) for each in hosts)):
        raise UsageError(f"{engine.settings}: hosts is no list of addresses", hint="mend it")
    people = look_at(engine.path, f"unix://{places.engine_socket}")
    starter = EngineService(engine.pid, places)
    way = way_of(
        starter.see(engine.argv, None if hosts is None else tuple(hosts)), engine.path, str(places.engine_socket)
    )
    return Moving(engine=engine, people=people, way=way, starter=starter, places=places, roles=roles)


def move(
    moving: Moving, service: Service, before: bytes | None, after: bytes, undone: contextlib.ExitStack, say: Say,
    *, is_first: bool,
) -> None:  # fmt: skip
    """`is_first`: no guard was here, so that the engine comes back to none. Raises DockworthyError; `undone` brings it
    back."""
    say(f"restarting the engine: its own socket goes to {moving.places.engine_socket}")
    kept = moving.kept()
    for each in kept:
        if each.content is not None:  # for `unlock`
            kept_files.write(moving.places.before(each.path), each.content, 0o600)
    note_for_a_crash(moving.engine, moving.places)

    def arrive() -> None:
        for path, text in moving.way.files:
            kept_files.write(path, text.encode())
        make_folder(moving.places)
        service.tell_keeper()
        say(f"starting the guard at {moving.people.path}")
        service.start()

    def leave() -> None:
        say("bringing the engine's own socket back")
        bring_back(moving.engine, moving.places, moving.people, service if is_first else None, kept, before)

    undone.callback(leave)
    restart(
        moving.engine, moving.starter, moving.places, before=before, after=after, between=arrive,
        there=moving.people.endpoint,
    )  # fmt: skip


def bring_back(
    engine: EngineHere, places: Places, people: People, service: Service | None, kept: tuple[kept_files.KeptFile, ...],
    settings: bytes | None, *, start: bool = True,
) -> None:  # fmt: skip
    """As it was: from wherever the engine is, or is not. `service`: the guard that ends with it; None where the engine
    goes on asking it. `start`: also an engine that does not run."""
    now = engine_behind(people, engine)
    starter = EngineService(now.pid, places)

    def away() -> None:
        if service is not None:
            service.stop()
        for each in kept:
            kept_files.put_back(each)

    if not now.pid and not start:
        away()
        return
    restart(now, starter, places, before=settings, after=settings, between=away, there=engine.endpoint)
    with contextlib.suppress(OSError):
        places.engine_socket.unlink(missing_ok=True)
        places.engine_socket.parent.rmdir()


def engine_behind(people: People, otherwise: EngineHere) -> EngineHere:
    """The engine at its own place, or at its old one. Where it does not answer (its guard may be gone), what was known
    of it last; where it does not run, without a process."""
    for endpoint in (people.endpoint, f"unix://{people.path}"):
        with contextlib.suppress(DockworthyError):
            found = find_engine(endpoint, ask=False)
            if found.pid:
                with contextlib.suppress(DockworthyError):
                    return find_engine(endpoint)
                return structs.replace(otherwise, endpoint=endpoint, pid=found.pid, live_restore=False)
    return structs.replace(otherwise, pid=0, running=frozenset())


def restart_for_builds(
    engine: EngineHere, starter: EngineService, places: Places, undone: contextlib.ExitStack, *, before: bytes | None,
    after: bytes,
) -> None:  # fmt: skip
    """At its place, with a file by which it confines builds. Raises DockworthyError; `undone` restarts it without."""
    note_for_a_crash(engine, places)
    undone.callback(start_as_before, engine, places, before)
    restart(engine, starter, places, before=before, after=after, between=_nothing, there=engine.endpoint)


def start_as_before(engine: EngineHere, places: Places, settings: bytes | None) -> None:
    """An engine at its own place is restarted with its old file, or started where an installation had stopped it."""
    found = find_engine(engine.endpoint, ask=False)
    now = structs.replace(engine, pid=found.pid, running=frozenset(), live_restore=False)
    if found.pid:
        with contextlib.suppress(DockworthyError):
            now = find_engine(engine.endpoint)
    starter = EngineService(now.pid, places)
    restart(now, starter, places, before=settings, after=settings, between=_nothing, there=engine.endpoint)


def _nothing() -> None:
    """Is to be done while it is stopped."""


def make_folder(places: Places) -> None:
    places.engine_socket.parent.mkdir(mode=0o700, exist_ok=True)
    places.engine_socket.parent.chmod(0o700)
