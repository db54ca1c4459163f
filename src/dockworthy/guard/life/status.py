"""What of a guard is on this host: installed, serving, asked by the engine. Reads only, and says what it can't see."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from ...errors import DockworthyError, UnreadableInput
from ..rights.grants import Grants, grants_folder
from ..serving_now import Serving, serving_folder, serving_now
from .engine_here import PROBE, asks_guard, find_engine
from .kept_policy import PolicyKeeping
from .past_the_guard import past_the_guard
from .places import PLUGIN, Places
from .record import Record, read_record

_DAY = datetime.timedelta(days=1)


class RefusedRequests(Struct, frozen=True, kw_only=True):
    """Of the last day, as far as the audit log that is written to now goes back. Floods are counted as one line."""

    requests: int
    last: str = ""
    who: str = ""
    says: str = ""


class GuardStatus(Struct, frozen=True, kw_only=True):
    """None is what could not be seen; `unseen` says why. `installed` is None, too, where nothing is (`is_installed`).
    `names_plugin`: daemon.json does; `asks`: the engine does so, which was tried."""

    is_installed: bool | None
    installed: Record | None
    serving: tuple[Serving, ...]
    names_plugin: bool | None
    asks: bool | None
    policy: str
    policy_problem: str
    """Why the policy's file can't be used; empty where it can."""
    policy_since: datetime.datetime | None
    """Since when the policy in force, the last good one, is that."""
    grants: int | None
    refused: RefusedRequests | None
    unseen: tuple[str, ...]
    also_at: tuple[str, ...] | None = None
    """Where the engine listens besides, and the guard does not know who asks. None: that was not seen."""

    @property
    def is_away(self) -> bool:
        """Installed, and nobody judges: unlocked, or stopped."""
        return bool(self.is_installed) and not self.serving and self.asks is False

    @property
    def works(self) -> bool | None:
        """A guard serves, where it is the engine's plugin the engine asks it, and its policy can be read. None: that
        can't be told."""
        if self.policy_problem:
            return False
        wanted = self.is_installed or self.names_plugin or any(each.plugin for each in self.serving)
        if wanted:
            return None if self.asks is None else self.asks
        return None if self.is_installed is None and not self.serving else bool(self.serving)


def status_of(places: Places, endpoint: str, read: Callable[[str], object]) -> GuardStatus:
    """`endpoint` of the engine, or of the guard at its place; `read` reads a policy, and raises DockworthyError. Never
    raises what a missing right would."""
    unseen: list[str] = []
    record, is_installed = _installed(places, unseen)
    serving = _serving(places, unseen)
    settings = Path(record.settings) if record else Path("/etc/docker/daemon.json")
    at = record.people.endpoint if record and record.people else endpoint
    if not os.path.exists(at.removeprefix("unix://")):
        at = endpoint  # unlocked: the engine is back at its own place
    grants = Grants(grants_folder()).now() if os.geteuid() == 0 else None
    policies = list(dict.fromkeys(each.policy for each in serving if each.policy and each.plugin))
    if not policies and (places.policy.exists() or is_installed):
        policies.append(str(places.policy))
    problem, since = _policy(policies[0], read, unseen) if policies else ("", None)
    return GuardStatus(
        is_installed=is_installed, installed=record, serving=serving, names_plugin=_names_plugin(settings, unseen),
        asks=_asks(at, serving, unseen, is_guards=bool(is_installed) and record is None),
        policy=policies[0] if policies else "",
        policy_problem=problem, policy_since=since,
        grants=None if grants is None else len(grants), refused=_refused(places.audit, unseen),
        also_at=_also_at(at, places, record, unseen) if is_installed or serving else None, unseen=tuple(unseen),
    )  # fmt: skip


def _installed(places: Places, unseen: list[str]) -> tuple[Record | None, bool | None]:
    try:
        record = read_record(places)
    except DockworthyError as error:
        unseen.append(f"how it was installed: {error.says}")
        return None, places.current.exists()
    return record, record is not None


def _serving(places: Places, unseen: list[str]) -> tuple[Serving, ...]:
    """Root's guards, wherever they keep their state, and those of this environment. Each is written down once or
    twice."""
    found: dict[int, Serving] = {}
    for folder in dict.fromkeys((places.state / "serving", serving_folder(), places.all_serving)):
        try:
            os.listdir(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            unseen.append(f"who serves: {folder}: {error.strerror}")
            continue
        found |= {one.pid: one for one in serving_now(folder)}
    return tuple(found.values())


def _names_plugin(settings: Path, unseen: list[str]) -> bool | None:
    try:
        told = json.loads(settings.read_bytes())
        return isinstance(told, dict) and PLUGIN in (told.get("authorization-plugins") or ())
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError) as error:
        unseen.append(f"{settings}: {getattr(error, 'strerror', None) or error}")
        return None


def _also_at(endpoint: str, places: Places, record: Record | None, unseen: list[str]) -> tuple[str, ...] | None:
    try:
        engine = find_engine(endpoint)
    except DockworthyError as error:
        unseen.append(f"where else the engine listens: {error.says}")
        return None
    if not engine.pid:
        unseen.append(
            "where else the engine listens: its process was not seen"
            + ("" if os.geteuid() == 0 else "; run it as root")
        )
        return None
    return past_the_guard(engine, places, record.people if record is not None else None)


def _policy(path: str, read: Callable[[str], object], unseen: list[str]) -> tuple[str, datetime.datetime | None]:
    """What is wrong with the file, and since when the last good one is in force."""
    kept = PolicyKeeping(path).read()
    since = kept.taken_up if kept is not None else None
    try:
        read(path)
    except DockworthyError as error:
        file = error.file if isinstance(error, UnreadableInput) else path
        if os.geteuid() != 0 and not os.access(file, os.R_OK):
            unseen.append(f"the policy: {file} is not yours to read")
            return "", since
        return error.says, since
    return "", since


def _asks(endpoint: str, serving: tuple[Serving, ...], unseen: list[str], *, is_guards: bool) -> bool | None:
    """`is_guards`: a guard is installed, and whether this is its own socket can't be seen."""
    path = endpoint.removeprefix("unix://")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        unseen.append(f"whether the engine asks it: {path} is not yours to open")
        return None
    try:
        if asks_guard(endpoint):
            return True
        if is_guards or os.path.realpath(path) in {os.path.realpath(each.people) for each in serving if each.people}:
            unseen.append(f"whether the engine asks it: at {path} the guard may answer, and your role decides")
            return None
        return False
    except DockworthyError as error:
        unseen.append(f"whether the engine asks it: {error.says}")
        return None


def _refused(audit: Path, unseen: list[str]) -> RefusedRequests | None:
    """Lines of the file that is written to: the ones before it belong to other days, or to a flood."""
    since = (datetime.datetime.now(datetime.UTC) - _DAY).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    count, last = 0, {}
    try:
        with audit.open("rb") as lines:
            for line in lines:
                if b'"decision":"refused"' not in line:
                    continue
                try:
                    told = msgspec.json.decode(line)
                except msgspec.DecodeError:
                    continue
                if _is_probe(told):
                    continue
                if str(told.get("time", "")) >= since:
                    count, last = count + 1, told
    except FileNotFoundError:
        return None
    except OSError as error:
        unseen.append(f"what was refused: {audit}: {error.strerror}")
        return None
    return RefusedRequests(
        requests=count, last=str(last.get("time", "")), who=str(last.get("who", "")), says=str(last.get("says", ""))
    )


def _is_probe(told: dict[str, object]) -> bool:
    """What `guard status` and `install` ask themselves."""
    return str(told.get("target", "")).endswith(PROBE)
