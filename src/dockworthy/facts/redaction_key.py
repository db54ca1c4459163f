"""The key of the redaction: made once, and never leaves the host."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from ..state_directory import state_directory

LENGTH = 32
"""Bytes."""


def redaction_key(environ: Mapping[str, str] = os.environ) -> bytes:
    """This host's key, the same at every run. Where it can neither be read nor kept: one for this run alone."""
    return key_in(state_directory(environ))


def key_in(directory: Path) -> bytes:
    """The key of this state directory, made where there is none. Two runs at once get the same."""
    file = directory / "redaction.key"
    with contextlib.suppress(OSError):
        key = _read(file)
        if key is None:
            _make(file)
            key = _read(file)
        if key is not None:
            return key
    return secrets.token_bytes(LENGTH)


def _read(file: Path) -> bytes | None:
    """The key; None where there is none, or one that others may have read or made."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as opened:
        status = os.fstat(handle)
        key = opened.read(LENGTH + 1)
    own = status.st_uid == os.geteuid() and status.st_mode & 0o077 == 0
    return key if own and len(key) == LENGTH else None


def _make(file: Path) -> None:
    """Written aside and linked into place: whoever comes second finds the first one's key, never half of one."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(secrets.token_bytes(LENGTH))
            opened.flush()
            os.fsync(handle)
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink(missing_ok=True)
