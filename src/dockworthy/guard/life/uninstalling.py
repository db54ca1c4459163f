"""The guard taken away: the engine first, so that nobody is without an answer, then all that was brought."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import structs

from ...errors import DockworthyError, UsageError
from ...harden.settings_text import changed_settings
from ...harden.situation import parse_settings
from ..rights.given_grants import GivenRecord
from ..rights.grants import Grants, grants_folder
from ..serving_now import serving_folder
from . import kept_files
from .builds import confines, unconfined
from .engine_here import EngineHere, find_engine, tell
from .kept_policy import kept_policies_folder
from .moving.askers import stale_mounts
from .moving.moving import bring_back, engine_behind, start_as_before
from .moving.restarting import let_go, put
from .places import PLUGIN, Places
from .planning import STARTING_POLICY
from .record import People, Record, forget_engine, remove_record
from .service import Service, take_order_away


def settings_without(places: Places, record: Record) -> bytes | None:
    """The engine's file as it is to be: as it was before, byte for byte, or, where somebody changed it since, as it is
    without the guard's name. None: no file. Raises UnreadableInput for one that is no JSON."""
    path = Path(record.settings)
    now = kept_files.look(path).content
    before = kept_files.look(places.settings_before).content if record.settings_was_there else None
    if now is None:
        return None
    if now == kept_files.look(places.settings_after).content:
        return before
    text = now.decode()
    settings = parse_settings(text, str(path))
    old = parse_settings(None if before is None else before.decode(), str(path))
    wanted: dict[str, Any] = {}
    named = settings.get("authorization-plugins") or []
    if PLUGIN in named:
        others = [each for each in named if each != PLUGIN]
        wanted["authorization-plugins"] = others if others or "authorization-plugins" in old else None
    if record.confines and confines(settings):
        wanted |= unconfined(settings, old)
    hosts = settings.get("hosts")
    if record.people is not None and isinstance(hosts, list) and record.people.endpoint in hosts:
        back = [record.endpoint if each == record.people.endpoint else each for each in hosts]
        wanted["hosts"] = back if "hosts" in old or len(back) > 1 else None
    if isinstance(wanted.get("builder"), dict):  # which would be laid over the one that is there
        text = changed_settings(text, {"builder": None}, str(path))
    return changed_settings(text, wanted, str(path)).encode() if wanted else now


def steps_of(places: Places, record: Record) -> tuple[str, ...]:
    first = f"{record.settings} no longer names the guard, and the engine is told: containers keep running"
    if record.people is not None:
        first = f"the engine is restarted without the guard, at {record.people.path} again; containers run on"
    return (
        first,
        *_builds_in_words(record),
        *_stale(record),
        f"stop and remove the service, {places.unlock} and {places.bundle}",
        *_grants_in_words(places),
        f"{places.audit.parent} stays with the audit log, and {places.policy} where somebody wrote it",
    )


def uninstall(
    places: Places, record: Record, say: Callable[[str], None], *, bundle_stays: bool = False, comes_back: bool = False
) -> None:
    """`bundle_stays`: the copy of dockworthy, for a caller that runs from it and goes on. `comes_back`: the caller
    installs a guard right after this, so that grants, the policy and the record stay.
    Raises DockworthyError; while the engine still asks the guard, the guard stays."""
    path = Path(record.settings)
    try:
        take_order_away(places)
        let_go(places, path)
        if record.people is None:
            engine = find_engine(record.endpoint)
        else:
            engine = EngineHere(endpoint=record.endpoint, settings=path)
        kept = kept_files.look(path)
        wanted = settings_without(places, record)
        if record.people is not None:
            _move_back(places, record, record.people, engine, wanted, say)
        else:
            _let_in(path, wanted, kept, engine)
            if (
                record.restarts and record.is_to_be_taken_back and not engine.pid
            ):  # it was stopped, and not started again
                start_as_before(engine, places, wanted)
        says = "no longer asks the guard" if engine.pid or record.people else "does not run; the next one asks no guard"
        say(f"the engine {says}")
        _remove(places, record, engine, bundle_stays=bundle_stays, comes_back=comes_back)
        for each in _builds_in_words(record) if engine.pid else ():
            say(f"note: {each}")
    except OSError as error:
        raise UsageError(f"{error.filename or path} can't be written: {error.strerror}") from error


def _let_in(path: Path, wanted: bytes | None, kept: kept_files.KeptFile, engine: EngineHere) -> None:
    if wanted != kept.content:
        _set(path, wanted, kept)
    try:
        tell(engine, guarded=False)
    except DockworthyError:
        kept_files.put_back(kept)
        raise


def _move_back(
    places: Places, record: Record, people: People, engine: EngineHere, wanted: bytes | None, say: Callable[[str], None]
) -> None:
    """One that was stopped by somebody stays stopped; one that an installation stopped, and did not start, starts."""
    there = engine_behind(people, engine)
    service = Service(places, engine, systemd=record.by_systemd, people=people)
    if there.pid and there.endpoint != people.endpoint:  # unlocked: it is back already
        _let_in(Path(record.settings), wanted, kept_files.look(Path(record.settings)), there)
        return
    say("restarting the engine: its own socket comes back")
    kept = tuple(
        kept_files.KeptFile(path, text.encode() or None, kept_files.look(path).mode or 0o644)
        for path, text in ((Path(file), text) for file, text in record.changed)
    )
    old = structs.replace(there, endpoint=record.endpoint)
    if not there.pid:
        put(Path(record.settings), wanted)
    bring_back(old, places, people, service, kept, wanted, start=record.is_to_be_taken_back)


def _set(path: Path, content: bytes | None, kept: kept_files.KeptFile) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        kept_files.write(path, content, kept.mode or 0o644)


def _remove(places: Places, record: Record, engine: EngineHere, *, bundle_stays: bool, comes_back: bool) -> None:
    """The audit log stays, and a policy that somebody wrote. `comes_back`: as `uninstall` has it."""
    service = Service(places, engine, systemd=record.by_systemd, people=record.people)
    service.stop()
    for file, text in record.changed:
        if not text:
            Path(file).unlink(missing_ok=True)
        places.before(Path(file)).unlink(missing_ok=True)
    for file in record.files:
        if Path(file) == places.program and not places.has_program:
            continue  # somebody has put another there since
        Path(file).unlink(missing_ok=True)
    take_order_away(places)
    service.forget()
    grants = () if comes_back else _grant_folders(places)
    for folder in (*grants, kept_policies_folder(), serving_folder()):  # one that comes later must not find old roles
        shutil.rmtree(folder, ignore_errors=True)
    for folder in grants:
        GivenRecord(folder).file.unlink(missing_ok=True)
    _forget_locked(places, Path(record.settings))
    places.root_key.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if not comes_back and places.policy.read_bytes() == STARTING_POLICY:
            places.policy.unlink()
    if not bundle_stays:
        shutil.rmtree(places.bundle, ignore_errors=True)
    if comes_back:
        forget_engine(places)  # only the record says what is to be installed again
    else:
        remove_record(places)
    kept_files.remove_empty(tuple(map(Path, record.folders)))


def _builds_in_words(record: Record) -> tuple[str, ...]:
    """The engine reads `builder` when it starts and never again. One that is moved back is restarted for that."""
    if not record.confines or record.people is not None:
        return ()
    return (
        "image builds stay without the host's network until the engine is restarted, when it suits you: it reads "
        f"`builder` of {record.settings} only when it starts (containers stop with it without live-restore)",
    )


def _stale(record: Record) -> tuple[str, ...]:
    """Containers that have the guard's socket mounted. None where it is away already, as after `unlock`."""
    if record.people is None or not Path(record.people.endpoint.removeprefix("unix://")).exists():
        return ()
    with contextlib.suppress(DockworthyError):
        holders = find_engine(f"unix://{record.people.path}").holders
        return tuple(stale_mounts(record.people.path, holders))
    return ()


def _grants_in_words(places: Places) -> tuple[str, ...]:
    held = {grant.binding.who for folder in _grant_folders(places) for grant in Grants(folder).now()}
    return (f"end the grants of {', '.join(sorted(held))}",) if held else ()


def _grant_folders(places: Places) -> set[Path]:
    """The installed guard's, and that of whoever gave some in this environment (DOCKWORTHY_STATE)."""
    return {places.state / "grants", grants_folder()}


def _forget_locked(places: Places, settings: Path) -> None:
    """What `unlock` found and put aside, where that was our own work; what somebody else wrote in it stays."""
    locked = settings.with_name(f"{settings.name}.locked")
    found = kept_files.look(locked).content
    if found is not None and found == kept_files.look(places.settings_after).content:
        locked.unlink()
