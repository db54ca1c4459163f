"""Files of the engine: who may change them, and what the units and certificates among them say."""

from __future__ import annotations

from msgspec import Struct


class FileMode(Struct, frozen=True, omit_defaults=True):
    """A file of the engine: what it is for (`role`: `daemon.json`, `docker.service`, `docker.sock`, `tls.key`, …),
    owner and mode (permission bits only). `kind`: `file`, `directory`, `socket`, `link`."""

    path: str
    role: str
    kind: str
    uid: int
    gid: int
    mode: int
    owner: str = ""
    group: str = ""


class UnitFile(Struct, frozen=True):
    """A systemd unit file that belongs to the engine."""

    name: str
    path: str
    text: str


class Certificate(Struct, frozen=True, omit_defaults=True):
    """A certificate of the engine's: its file, whom it names and until when it holds (RFC 3339)."""

    path: str
    subject: str
    not_after: str
    names: tuple[str, ...] = ()
    problem: str = ""
    """Why the file tells nothing (then `subject` and `not_after` are empty)."""
