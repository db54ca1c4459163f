"""What is to be done to bring the guard to a machine, in words and in contents of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from ... import __version__
from ...errors import UsageError
from ...harden.engine_ways import ServiceManager
from ...harden.settings_text import changed_settings
from ...harden.situation import parse_settings
from ...model.guard_policy import GuardPolicy
from ..host_tree import host_tree
from ..path_ownership import who_may_change
from ..serving_now import serving_now
from ..socket_access import unknown_names
from ..way_in import way_in
from . import kept_files
from .builds import Builds, confined, confines
from .engine_here import EngineHere
from .from_elsewhere import in_words, served_at
from .moving.engine_service import EngineService
from .moving.moving import Moving, plan_move
from .past_the_guard import in_words as past_in_words
from .past_the_guard import past_the_guard
from .places import PLUGIN, Places
from .record import People, Record, read_record
from .service import Service, check_order, order_in_words

STARTING_POLICY = b"""\
# What the guard judges by; `dockworthy guard report` drafts more from what is at work here.
policy:
  level: baseline
"""


class Install(Struct, frozen=True, kw_only=True):
    """What is to be done. `policy` is None where the one that is there stays; `before` of an engine's file that is not
    there is None. `moving`: the engine's own socket goes elsewhere, and the people's comes to its place. `restarting`:
    who restarts the engine so that it confines builds, where it is not restarted for a move."""

    places: Places
    engine: EngineHere
    policy: bytes | None
    before: bytes | None
    after: bytes
    by_systemd: bool
    builds: Builds
    confines: bool = False
    found: Record | None = None
    """The record as it was read: if the installation fails, this record is written back."""
    installed: Record | None = None
    serves: bool = False
    """A guard does, just now."""
    people: People | None = None
    moving: Moving | None = None
    restarting: EngineService | None = None
    entered: tuple[str, ...] = ()
    """Folders that the policy lists to be written and that others than root can enter, each with what to do."""
    unknown_names: tuple[str, ...] = ()
    """Roles of the policy for whom nobody here is."""
    refused_starts: tuple[str, ...] = ()
    """Containers that run and that the policy will not let start again, with the reasons."""
    not_entered: tuple[str, ...] = ()
    """Containers in which nobody but an admin runs commands, in a sentence."""
    manager: ServiceManager = ServiceManager.NOBODY
    """Who starts the engine."""

    @property
    def whole_before(self) -> Record | None:
        """What is installed, or was before an installation that was cut off."""
        return self.found if self.found is None or self.found.done else self.found.previous

    @property
    def renews(self) -> bool:
        """A guard that is there is brought again, and the engine and its file stay as they are."""
        return (
            self.installed is not None and self.moving is None and self.restarting is None and self.after == self.before
        )

    @property
    def service(self) -> Service:
        return Service(
            self.places, self.engine, systemd=self.by_systemd, people=self.people, moved=record_of(self).changed
        )

    def in_words(self) -> tuple[str, ...]:
        places, service = self.places, "a systemd service" if self.by_systemd else f"{self.places.init}"
        running = f"the engine (process {self.engine.pid}) is told by SIGHUP: containers keep running"
        if self.restarting is not None:
            running = f"the engine is restarted ({self.restarting.in_words}): {self.engine.while_restarted()}"
        return (
            f"copy dockworthy {__version__} with its Python to {places.bundle}: root's, 140 MB",
            f"write {places.program}, which starts it: the command that refusals name"
            if places.may_have_program
            else f"{places.program} is another's and stays: call {places.current / 'start.sh'}",
            f"write {places.policy}" if self.policy is not None else f"judge by {places.policy}, which is there",
            f"start the guard before the engine, by {service}; one that ends, or is killed, is started again"
            if self.installed is None
            else "the guard that is installed serves nobody now (unlocked, or stopped): it is started again"
            if not self.serves
            else "the new guard takes over from the one that serves: no request is refused meanwhile",
            *order_in_words(self.manager, places, by_systemd=self.by_systemd),
            f"write {places.unlock}: a plain shell script that takes the guard out of the way",
            f"{self.engine.settings} names the plugin"
            + (" already" if self.after == self.before else "")
            + (", and keeps builds from the host's network" if self.confines else ""),
            *(self.moving.in_words() if self.moving else ()),
            *in_words(self.people, self.installed.people if self.installed else None),
            *(() if self.moving else (running if self.engine.pid else "no engine runs: the next one asks the guard",)),
            self.builds.in_words(),
            *past_in_words(past_the_guard(self.engine, places, self.people), people=self.people is not None),
            *self.entered,
            *self.unknown_names,
            *self.refused_starts,
            *self.not_entered,
            "measure: the engine asks the guard and containers run; else all of this is taken back",
        )


def plan(
    places: Places,
    engine: EngineHere,
    policy: bytes | None,
    *,
    by_systemd: bool,
    people: bool = False,
    tls: str | None = None,
    guard: GuardPolicy | None = None,
    confine_builds: bool = False,
) -> Install:
    """`policy`: a new one's text; `people`: their socket at the engine's place, also where it stands there already;
    `tls`: the address at which they are served as well, or OFF (None: as before); `guard`: what the policy, new or old,
    says under that name.
    Raises UsageError, UnreadableInput for an engine's file that is not JSON."""
    manager = EngineService(engine.pid, places).manager
    if not by_systemd:
        check_order(manager)
    before = kept_files.look(engine.settings).content
    try:
        text = None if before is None else before.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{engine.settings} is not UTF-8", hint="mend it: the engine can't read it either") from None
    settings = parse_settings(text, str(engine.settings))
    named = settings.get("authorization-plugins") or []
    if not isinstance(named, list):
        raise UsageError(f"{engine.settings}: authorization-plugins is no list", hint="mend it")
    wanted: dict[str, Any] = {} if PLUGIN in named else {"authorization-plugins": [*named, PLUGIN]}
    found = installed = read_record(places)
    if found is not None and found.is_to_be_taken_back:  # it was, and its record waits for the next one's
        installed = None
    their = installed.people if installed is not None else None
    moving = None
    if people and (their is None or engine.endpoint != their.endpoint):
        moving = plan_move(engine, places, settings.get("hosts"), (guard or GuardPolicy()).roles)
        their = structs.replace(moving.people, tls=their.tls if their is not None else "")
        wanted |= moving.way.settings
    if tls is not None:
        their = served_at(tls, their)
    restarting = None
    if confine_builds:
        wanted |= confined(settings)
        if engine.pid and not engine.confines_builds and moving is None:
            restarting = EngineService(engine.pid, places)
    after = changed_settings(text, wanted, str(engine.settings)).encode() if wanted else before
    assert after is not None, "a file that names the guard is there"
    if policy is None and not places.policy.exists():
        policy = STARTING_POLICY
    elif policy is None:
        _check_owner(places.policy)
    written = confine_builds or confines(settings)
    is_restarted = moving is not None or restarting is not None or not engine.pid
    builds = Builds(
        policy=guard or GuardPolicy(), confined=written if is_restarted else engine.confines_builds, written=written,
        people=their is not None,
    )  # fmt: skip
    return Install(
        places=places, engine=engine, policy=policy, before=before, after=after, by_systemd=by_systemd, builds=builds,
        confines=(confine_builds and not confines(settings)) or (installed is not None and installed.confines),
        found=found, installed=installed, serves=any(each.plugin for each in serving_now()), people=their,
        moving=moving, restarting=restarting, manager=manager,
        unknown_names=unknown_names(guard.roles, engine.containers) if guard is not None and their is not None else (),
        entered=() if settings.get("userns-remap") else tuple(_entered(guard or GuardPolicy())),
    )  # fmt: skip


def _entered(policy: GuardPolicy) -> Iterator[str]:
    """A folder that is shut itself lets containers write what lies below it, though not the folder as a whole."""
    tree = host_tree()
    for folder in policy.folders():
        way = None if folder.read_only else way_in(f"{folder.path.rstrip('/')}/data", tree)
        if way is not None:
            yield (
                f"WARNING: containers that write below {folder.path} are refused while every user of the host can "
                f"enter it: {way.remedy(folder.path)}"
            )


def _check_owner(policy: Path) -> None:
    """Raises UsageError for a policy that others than root can change: they would be root."""
    if why := who_may_change(str(policy)):
        raise UsageError(why, hint=f"chown root {policy}; chmod go-w {policy}")


def record_of(todo: Install) -> Record:
    """What was before the first stays what was before."""
    old, moving = todo.installed, todo.moving
    service = Service(todo.places, todo.engine, systemd=todo.by_systemd, people=todo.people)
    moved = tuple((str(kept.path), (kept.content or b"").decode()) for kept in moving.kept()) if moving else ()
    return Record(
        version=__version__, endpoint=todo.engine.endpoint if old is None else old.endpoint,
        settings=str(todo.engine.settings), by_systemd=todo.by_systemd,
        settings_was_there=todo.before is not None if old is None else old.settings_was_there,
        files=tuple(str(path) for path, _, _ in service.files()), folders=_folders(old, moving),
        changed=moved or (old.changed if old else ()), people=todo.people,
        confines=todo.confines, restarts=todo.restarting is not None,
    )  # fmt: skip


def _folders(old: Record | None, moving: Moving | None) -> tuple[str, ...]:
    of_move = (str(folder) for kept in (moving.kept() if moving else ()) for folder in kept.folders)
    return (*(old.folders if old else ()), *of_move)
