"""What was seen so far: a small file, however long it goes on."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
from msgspec import Struct

from ...errors import UnreadableInput, UsageError
from ...input_files import read_input
from ..life import kept_files

MOST_KINDS = 2000
"""Kinds of object that are told apart; more of them are only counted."""


class AlikeObjects(Struct, kw_only=True):
    """Objects that look alike to the guard. `needs` is None where no list of a policy would let them pass; `rules` is
    empty where they pass as it is: rule -> what was said of the first one."""

    kind: str
    image: str
    first: str
    count: int = 0
    rules: dict[str, str] = {}
    needs: dict[str, list[str]] | None = None


class ObservationState(Struct, kw_only=True):
    """`since` and `until`: when it was begun, and the last event that was judged, in seconds since 1970. `gone`: what
    was away before it could be looked at, by kind and image; `users`: how often each was
    seen connected, also members of the socket's group who were not; `makers`: how often each was the only one who was
    connected when something was made; `present`: the same with others; `holders`: containers that have the socket
    mounted; `ports`: published ones that services of a swarm may have only where a policy lists them, and those of
    containers that such a list must name, too, each with who publishes it first; `beyond`: what is not told apart."""

    since: float
    until: float
    level: str = "baseline"
    seen: dict[str, AlikeObjects] = {}
    gone: dict[str, int] = {}
    users: dict[str, int] = {}
    makers: dict[str, int] = {}
    present: dict[str, int] = {}
    holders: dict[str, int] = {}
    ports: dict[str, str] = {}
    beyond: int = 0

    def miss(self, kind: str, image: str) -> None:
        name = f"{kind} of {image}" if image else kind
        if name in self.gone or len(self.gone) < MOST_KINDS:
            self.gone[name] = self.gone.get(name, 0) + 1
        else:
            self.beyond += 1

    def add(self, one: AlikeObjects) -> None:
        key = "|".join((one.kind, one.image, *sorted(one.rules), str(one.needs)))
        known = self.seen.get(key)
        if known is None and len(self.seen) >= MOST_KINDS:
            self.beyond += 1
            return
        self.seen.setdefault(key, one).count += 1


def read_state(path: Path) -> ObservationState | None:
    """None where there is none yet. Raises UsageError for a file that is none of ours."""
    try:
        return msgspec.json.decode(read_input(path), type=ObservationState) if path.exists() else None
    except UnreadableInput:
        raise
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"{path}: not what guard observe wrote: {error}", hint="name another file") from None


def new_state(level: str) -> ObservationState:
    now = time.time()
    return ObservationState(since=now, until=now, level=level)


def write_state(path: Path, state: ObservationState) -> None:
    """Raises UsageError."""
    try:
        kept_files.write(path, msgspec.json.encode(state) + b"\n", 0o600)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None
