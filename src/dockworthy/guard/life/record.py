"""What was installed here: enough to take all of it away again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
from msgspec import Struct

from ...errors import UsageError
from . import kept_files
from .places import Places


class People(Struct, frozen=True, kw_only=True):
    """Their socket, at the engine's own old place; `endpoint` is where the engine is behind it, `tls` the address at
    which they are served from elsewhere, `""` where they are not."""

    path: str
    mode: int
    group: str
    endpoint: str
    tls: str = ""


class Record(Struct, frozen=True, kw_only=True):
    """`files` were written, `folders` made for them, outermost first; `settings` is the engine's file, whose contents
    before and after lie beside this record (`settings_was_there` tells whether there was one before). `changed`: path
    and text of files that were there and say since where the engine listens. `confines`: `builder.entitlements` there
    are ours; `restarts`: the engine was restarted for that. `done`: nothing was cut off; `renews`: what was there was
    complete, and is brought again while the engine and its file stay as they are. `previous`: what was complete before
    one that is not done."""

    version: str
    endpoint: str
    settings: str
    settings_was_there: bool
    by_systemd: bool
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    people: People | None = None
    confines: bool = False
    restarts: bool = False
    done: bool = True
    renews: bool = False
    previous: Record | None = None

    @property
    def is_to_be_taken_back(self) -> bool:
        """Was it cut off where nobody can tell how the engine was left? An update is brought once more:
        the guard that serves stays in front of the engine."""
        return not self.done and not self.renews


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


def own_endpoint(record: Record | None, endpoint: str) -> str:
    """The engine's own, where the guard stands at `endpoint`; one that was unlocked is back there."""
    people = record.people if record is not None else None
    path = endpoint.removeprefix("unix://")
    if people is None or os.path.realpath(path) != people.path or not os.path.exists(people.endpoint[7:]):
        return endpoint
    return people.endpoint


def write_record(
    places: Places, record: Record, *, before: bytes | None = None, after: bytes | None = None
) -> tuple[Path, ...]:
    """With contents of the engine's file, which `unlock` reads; the folders that were made. Raises OSError."""
    folders: tuple[Path, ...] = ()
    for path, content in ((places.settings_after, after), (places.settings_before, before)):
        if content is not None:
            folders += kept_files.write(path, content, 0o600).folders
    return folders + kept_files.write(places.record, msgspec.json.encode(record) + b"\n", 0o600).folders


def forget_engine(places: Places) -> None:
    """What lies beside the record, of an engine that is as it was before. Raises OSError."""
    for path in (*places.engine_file_copies, places.held, places.holding, places.unlocking, places.unlocked):
        path.unlink(missing_ok=True)
    shutil.rmtree(places.launch, ignore_errors=True)


def remove_record(places: Places) -> None:
    """With all that lies beside it. Raises OSError."""
    forget_engine(places)
    places.record.unlink(missing_ok=True)
    kept_files.remove_empty((places.state,))
