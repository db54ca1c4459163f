"""What was installed here: enough to take all of it away again."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from ...errors import UsageError
from . import kept_files
from .places import Places


class Record(Struct, frozen=True, kw_only=True):
    """`files` were written, `folders` made for them, outermost first; `settings` is the engine's file, whose contents
    before and after lie beside this record (`settings_was_there` tells whether there was one before)."""

    version: str
    endpoint: str
    settings: str
    settings_was_there: bool
    by_systemd: bool
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def read_record(places: Places) -> Record | None:
    """None where nothing is installed. Raises UsageError for one that can't be read."""
    try:
        return msgspec.json.decode(places.record.read_bytes(), type=Record)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{places.record} can't be read: {error.strerror}", hint="run it as root") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{places.record} is broken: {error}", hint=f"unlock with {places.unlock}") from None


def write_record(places: Places, record: Record, before: bytes | None, after: bytes) -> tuple[Path, ...]:
    """With both contents of the engine's file, which `unlock` reads; the folders that were made. Raises OSError."""
    folders = kept_files.write(places.settings_after, after, 0o600).folders
    if before is not None:
        kept_files.write(places.settings_before, before, 0o600)
    kept_files.write(places.record, msgspec.json.encode(record) + b"\n", 0o600)
    return folders


def remove_record(places: Places) -> None:
    for path in (places.settings_before, places.settings_after, places.record):
        path.unlink(missing_ok=True)
    kept_files.remove_empty((places.state,))


__all__ = ["Record", "read_record", "remove_record", "write_record"]
