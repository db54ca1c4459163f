"""The guard brought to a machine: planned, done, measured, and taken back where the engine does not come up with it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from msgspec import structs

from ... import __version__
from ...errors import DockworthyError, EngineError, UsageError
from ...model.saying import Say
from ..confined_builds import builds_are_confined
from . import kept_files
from .bundle import build
from .engine_here import EngineHere, asks_guard, check_running, find_engine, tell, wait_until
from .from_elsewhere import check_served
from .moving.doors import check_doors
from .moving.moving import move, restart_for_builds
from .places import Places
from .planning import Install, record_of
from .record import Record, remove_record, write_record
from .service import Service, bring_order


def install(todo: Install, say: Say) -> None:
    """Raises DockworthyError after everything was taken back."""
    with contextlib.ExitStack() as undone:
        try:
            _install(todo, undone, say)
        except OSError as error:
            raise UsageError(f"{error.filename or 'a file'} can't be written: {error.strerror}") from error
        except BaseException as error:
            what = error.says if isinstance(error, DockworthyError) else type(error).__name__
            say(f"taking everything back: {what}")
            raise
        undone.pop_all()


def _install(todo: Install, undone: contextlib.ExitStack, say: Say) -> None:
    places, engine, service = todo.places, todo.engine, todo.service
    if todo.installed is not None:
        undone.callback(service.start)  # at last, when all is as it was
    _bring_bundle(places, undone, say)
    record = structs.replace(record_of(todo), done=False, renews=todo.renews, previous=todo.whole_before)
    undone.callback(_record_as_found, todo, [kept_files.look(each) for each in places.engine_file_copies])
    if todo.policy is not None:  # before the record, so that whoever finishes what is cut off judges by the same
        kept = kept_files.write(places.policy, todo.policy)
        undone.callback(kept_files.put_back, kept)
        record = structs.replace(record, folders=(*record.folders, *map(str, kept.folders)))
    _put_record(places, record, todo)
    for path, content, mode in _files(todo, service):
        kept = kept_files.write(path, content, mode)
        undone.callback(kept_files.put_back, kept)
        record = structs.replace(record, folders=(*record.folders, *map(str, kept.folders)))
    _put_record(places, record)
    if todo.installed is None:
        undone.callback(service.forget)
        undone.callback(service.stop)
    if todo.moving is not None:
        is_first = todo.installed is None
        move(todo.moving, service, todo.before, todo.after, undone, say, is_first=is_first)
        engine = structs.replace(engine, endpoint=todo.moving.people.endpoint)
    else:
        say("starting the guard")
        service.start()
        if todo.restarting is not None:
            say("restarting the engine, so that it keeps builds from the host's network")
            restart_for_builds(engine, todo.restarting, places, undone, before=todo.before, after=todo.after)
            engine = structs.replace(find_engine(engine.endpoint), running=engine.running)
        elif todo.after != todo.before:
            undone.callback(tell, engine, guarded=False)
            read_at = kept_files.changed_at(engine.settings)
            undone.callback(kept_files.put_back, kept_files.write(engine.settings, todo.after))
            if engine.confines_builds:  # by a file that it has read: what it says of builds has not changed
                kept_files.date(engine.settings, read_at)
    if not todo.by_systemd and (defaults := bring_order(todo.manager, places)) is not None:
        undone.callback(kept_files.put_back, defaults)
    if engine.pid:
        _measure(engine, todo)
        say("the engine asks the guard")
    _put_record(places, structs.replace(record, done=True, renews=False, previous=None))
    _forget_older(places)


def _measure(engine: EngineHere, todo: Install) -> None:
    if todo.moving is None:
        tell(engine, guarded=True)
    else:
        wait_until(lambda: asks_guard(engine.endpoint), "the engine does not ask the guard")
    check_running(engine)
    if todo.builds.confined and not builds_are_confined(engine.path):
        raise EngineError("the engine does not keep builds from the host's network, though daemon.json says so")
    if todo.people is not None:
        check_doors(todo.people, engine)
        check_served(todo.people)


def _files(todo: Install, service: Service) -> list[tuple[Path, bytes, int]]:
    files = {path: (content, mode) for path, content, mode in service.files()}
    if todo.moving is not None:  # a keeper that starts before the engine has left the people's place (tell_keeper)
        files[todo.places.keep] = Service(todo.places, todo.engine, systemd=todo.by_systemd).told(), 0o600
    return [(path, content, mode) for path, (content, mode) in files.items()]


def _record_as_found(todo: Install, copies: list[kept_files.KeptFile]) -> None:
    """The record, and the copies of the engine's file beside it. Raises OSError."""
    if todo.found is None:
        remove_record(todo.places)
        return
    write_record(todo.places, todo.found)
    for each in copies:
        kept_files.put_back(each)


def _put_record(places: Places, record: Record, todo: Install | None = None) -> None:
    """With `todo`, also the engine's file before, at the first time, and after it."""
    if todo is None:
        write_record(places, record)
    else:
        first = todo.installed is None
        write_record(places, record, before=todo.before if first else None, after=todo.after)


def _bring_bundle(places: Places, undone: contextlib.ExitStack, say: Say) -> None:
    """Built aside, then led to at once: there is no moment without one."""
    say(f"copying dockworthy and its Python to {places.bundle}")
    was_there = places.bundle.exists()
    places.bundle.mkdir(mode=0o755, parents=True, exist_ok=True)
    name = f"{__version__}-{hashlib.sha256(os.urandom(8)).hexdigest()[:8]}"
    building, final = places.bundle / f".{name}", places.bundle / name
    if not was_there:
        undone.callback(shutil.rmtree, places.bundle, ignore_errors=True)
    undone.callback(shutil.rmtree, final, ignore_errors=True)
    undone.callback(shutil.rmtree, building, ignore_errors=True)
    build(building, final=final)
    building.rename(final)
    old = os.readlink(places.current) if places.current.is_symlink() else None
    if old is not None:
        undone.callback(_lead, places, old)
    _lead(places, name)


def _forget_older(places: Places) -> None:
    """All copies but this one and the last, from which a guard may still serve its last streams."""
    now = os.path.realpath(places.current)
    copies = [each for each in places.bundle.iterdir() if each.is_dir() and not each.is_symlink()]
    older = sorted((each for each in copies if str(each) != now), key=lambda each: each.stat().st_mtime)
    for each in older[:-1]:
        shutil.rmtree(each, ignore_errors=True)


def _lead(places: Places, name: str) -> None:
    beside = places.bundle / f".current.{os.getpid()}"
    beside.unlink(missing_ok=True)
    beside.symlink_to(name)
    beside.replace(places.current)
