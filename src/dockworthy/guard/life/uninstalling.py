"""The guard taken away: the engine first, so that nobody is without an answer, then all that was brought."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from ...errors import DockworthyError, UsageError
from ...harden.settings_text import changed_settings
from ...harden.situation import parse_settings
from . import kept_files
from .engine_here import EngineHere, tell
from .installing import STARTING_POLICY
from .places import PLUGIN, Places
from .record import Record, remove_record
from .service import Service


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
    named = parse_settings(text, str(path)).get("authorization-plugins") or []
    if PLUGIN not in named:
        return now
    others = [each for each in named if each != PLUGIN]
    was_listed = before is not None and "authorization-plugins" in parse_settings(before.decode(), str(path))
    wanted = {"authorization-plugins": others if others or was_listed else None}
    return changed_settings(text, wanted, str(path)).encode()


def uninstall(places: Places, record: Record, engine: EngineHere, say: Callable[[str], None]) -> None:
    """Raises DockworthyError; while the engine still asks the guard, the guard stays."""
    path = Path(record.settings)
    try:
        kept = kept_files.look(path)
        wanted = settings_without(places, record)
        if wanted != kept.content:
            _set(path, wanted, kept)
        try:
            tell(engine, guarded=False)
        except DockworthyError:
            kept_files.put_back(kept)
            raise
        say("the engine no longer asks the guard" if engine.pid else "no engine runs; the next one asks no guard")
        _remove(places, record, engine)
    except OSError as error:
        raise UsageError(f"{error.filename or path} can't be written: {error.strerror}") from error


def _set(path: Path, content: bytes | None, kept: kept_files.Kept) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        kept_files.write(path, content, kept.mode or 0o644)


def _remove(places: Places, record: Record, engine: EngineHere) -> None:
    """The audit log stays, and a policy that somebody wrote."""
    service = Service(places, engine, systemd=record.by_systemd)
    service.stop()
    for file in record.files:
        Path(file).unlink(missing_ok=True)
    service.forget()
    places.socket.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if places.policy.read_bytes() == STARTING_POLICY:
            places.policy.unlink()
    shutil.rmtree(places.bundle, ignore_errors=True)
    remove_record(places)
    kept_files.remove_empty(tuple(map(Path, record.folders)))


__all__ = ["settings_without", "uninstall"]
