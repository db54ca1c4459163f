"""A restart of the engine through which its containers run on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from ....engine.connection import Connection
from ....errors import DockworthyError
from ....harden.settings_text import changed_settings
from ....harden.situation import parse_settings
from ....model.labels import SWARM_TASK
from .. import kept_files
from ..engine_here import EngineHere, find_engine, keeps_containers, reload, running_at, wait_until
from ..places import Places
from .engine_service import EngineService

ANSWERS_WITHIN = 90.0


def restart(
    engine: EngineHere, service: EngineService, places: Places, *, before: bytes | None, after: bytes | None,
    between: Callable[[], None], there: str,
) -> None:  # fmt: skip
    """From the engine's file `before` to `after`; while it is stopped, `between` is done. Then it answers at `there`.

    Where live-restore is off, it is on for that time: the engine reads it by SIGHUP before, and lets go of it after. A
    swarm's node can't: there, what stopped is started again. Raises DockworthyError.
    """
    holds = _holds(engine, places, after)
    if holds and engine.pid and not engine.live_restore:
        _lay(places, engine.settings, before, live_restore=True)
        reload(engine)
        wait_until(lambda: keeps_containers(engine.endpoint), "the engine does not take over live-restore")
    service.stop()
    between()
    if holds:
        _lay(places, engine.settings, after, live_restore=True)
    else:
        put(engine.settings, after)
    read_at = kept_files.changed_at(engine.settings)
    service.start()
    wait_until(lambda: running_at(there) is not None, "the engine does not answer", seconds=ANSWERS_WITHIN)
    if holds:  # it lets go of it by a word, and not by silence
        _lay(places, engine.settings, after, live_restore=False)
        reload(find_engine(there))
        wait_until(lambda: not keeps_containers(there), "the engine does not let go of live-restore")
        let_go(places, engine.settings)
        # All but live-restore is what the engine has read, so that the file is no younger than that for whoever asks
        # whether its settings are in force (confined_builds).
        kept_files.date(engine.settings, read_at)
    asyncio.run(_start_again(there, engine.running - running_at(there)))


def _holds(engine: EngineHere, places: Places, after: bytes | None) -> bool:
    """Must live-restore be laid over what comes? An engine that starts without it ends the containers that it finds. Of
    one that does not run, an installation wrote down that it can."""
    settings = parse_settings(None if after is None else after.decode(), str(engine.settings))
    if settings.get("live-restore") is True or any(word.startswith("--live-restore") for word in engine.argv):
        return False
    return bool(engine.running) and not engine.in_swarm if engine.pid else places.unlocking.exists()


def put(path: Path, content: bytes | None) -> None:
    """None: no file. Raises OSError."""
    if content is None:
        path.unlink(missing_ok=True)
    else:
        kept_files.write(path, content)


def let_go(places: Places, settings: Path) -> None:
    """The engine's file without our word on live-restore. Also after a run that was cut off; nothing where none was."""
    if not places.holding.exists():
        return
    if kept_files.look(settings).content == places.holding.read_bytes():
        put(settings, kept_files.look(places.held).content)
    for path in (places.holding, places.held):
        path.unlink(missing_ok=True)


def _held_settings(content: bytes | None, settings: Path, *, live_restore: bool) -> bytes:
    """With live-restore laid over it."""
    text = None if content is None else content.decode()
    return changed_settings(text, {"live-restore": live_restore}, str(settings)).encode()


def note_for_a_crash(engine: EngineHere, places: Places) -> None:
    """What an engine without the guard is started with, by whoever finds that we were cut off: with live-restore, so
    that containers run on, and then without. Raises OSError."""
    if engine.live_restore or engine.in_swarm:
        return
    unguarded = kept_files.look(places.settings_before).content
    for path, on in ((places.unlocking, True), (places.unlocked, False)):
        kept_files.write(path, _held_settings(unguarded, engine.settings, live_restore=on), 0o600)


def _lay(places: Places, settings: Path, content: bytes | None, *, live_restore: bool) -> None:
    """Written down before, so that whoever comes after a crash finds what it was."""
    laid = _held_settings(content, settings, live_restore=live_restore)
    places.holding.unlink(missing_ok=True)
    if content is None:
        places.held.unlink(missing_ok=True)
    else:
        kept_files.write(places.held, content, 0o600)
    kept_files.write(places.holding, laid, 0o600)
    put(settings, laid)


async def _start_again(endpoint: str, stopped: frozenset[str]) -> None:
    """Those of a swarm are the swarm's. One that can't be started is found when it is measured."""
    async with Connection(endpoint, deadline=None, per_call=60.0) as connection:
        for id in stopped:
            with contextlib.suppress(DockworthyError):
                found = await connection.get(f"/containers/{id}/json")
                if SWARM_TASK not in (found.get("Config", {}).get("Labels") or {}):
                    await connection.send("POST", f"/containers/{id}/start", answer=False)
