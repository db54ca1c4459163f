"""How the room for the engine's data changed over time: one line a reading, a file a host, in the state directory.

It is the one thing, beside the key of the redaction, that reading facts writes: into dockworthy's own folder, at most
once an hour, at most `LINES` lines. Where that can't be written, nothing is, and what is there is read all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import structs

from ..model.field import Field, Origin, Set, Source, Unknown
from ..model.host import DiskReading, Host

LINES = 500
_APART = timedelta(hours=1)
_FILE = "disk.jsonl"
_MOST_BYTES = 1 << 20


def with_disk_history(host: Host, taken: str, directory: Path, *, of: str | None, remembers: bool = True) -> Host:
    """The host with the readings of earlier runs and this one, oldest first; never raises.

    `of` is the address by which a host elsewhere was read: whoever asks it remembers. `""` is this host; None a tree of
    files, which has no tomorrow. `remembers`: else nothing is written.
    """
    if of is None:
        none = Unknown("of a tree of files nothing is remembered", "run dockworthy on the host itself, on two days")
        return structs.replace(host, disk_history=none)
    name = f"disk-{hashlib.sha256(of.encode()).hexdigest()[:16]}.jsonl" if of else _FILE
    return structs.replace(host, disk_history=_history(host, taken, directory / name, remembers))


def _history(host: Host, taken: str, file: Path, remembers: bool) -> Field[tuple[DiskReading, ...]]:
    storage = host.storage
    if not isinstance(storage, Set):
        return storage
    now = DiskReading(taken, storage.value.mount, storage.value.size, storage.value.free)
    kept = _read(file)
    if remembers and all(_is_apart(reading, now) for reading in kept if reading.mount == now.mount):
        with contextlib.suppress(OSError):
            _remember(file, kept, now)
    same = [reading for reading in kept if reading.mount == now.mount and reading.size == now.size]
    earlier = sorted((reading for reading in same if reading.at < now.at), key=lambda reading: reading.at)
    return Set((*earlier, now), Source(str(file)), Origin.MEASURED)


def _is_apart(before: DiskReading, now: DiskReading) -> bool:
    """A reading from the future (the clock was set back) must not stop the record for ever."""
    distance = datetime.fromisoformat(now.at) - datetime.fromisoformat(before.at)
    return distance >= _APART or distance < timedelta(0)


def _read(file: Path) -> list[DiskReading]:
    """The lines that are readings: one cut off by a full disk is left out. Nothing of a file that is not ours."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return []
    with os.fdopen(handle, "rb") as opened:
        if os.fstat(handle).st_uid not in (0, os.geteuid()):
            return []
        content = opened.read(_MOST_BYTES)
    return [reading for line in content.splitlines() if (reading := _reading(line)) is not None][-LINES:]


def _reading(line: bytes) -> DiskReading | None:
    try:
        reading = msgspec.json.decode(line, type=DiskReading)
        has_zone = datetime.fromisoformat(reading.at).tzinfo is not None
    except (msgspec.MsgspecError, ValueError):
        return None
    return reading if has_zone and reading.size > 0 and 0 <= reading.free <= reading.size else None


def _remember(file: Path, kept: list[DiskReading], now: DiskReading) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if len(kept) >= LINES or not file.exists():
        _replace(file, [*kept[-(LINES - 1) :], now])
        return
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "ab") as opened:
        opened.write(_lines([now]))


def _replace(file: Path, readings: Iterable[DiskReading]) -> None:
    """Written aside and moved into place: two runs at once lose a reading at most."""
    aside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(_lines(readings))
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _lines(readings: Iterable[DiskReading]) -> bytes:
    return b"".join(msgspec.json.encode(reading) + b"\n" for reading in readings)
