"""A request's proof that root of the engine's host sent it, for a guard that judges it as the engine's plugin.

The engine does not tell its plugin who asks. The guard keeps a key in a file that root alone can read, and the engine
shows its plugin the headers of each request: with the key, `dockworthy deploy` seals the few requests that only root
may send.

Source: moby pkg/authorization/authz.go (RequestHeaders).
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
import stat
import sys
from pathlib import Path

from ..model.own_places import GUARD_KEY

KEY_FILE = Path(GUARD_KEY)
HEADER = "X-Dockworthy-Root"
_KEY = re.compile(rb"[0-9a-f]{64}")


def seal(key: bytes, method: str, target: str, body: bytes) -> str:
    """`target`: path and query as the request line has them; `body`: byte for byte."""
    return hmac.digest(key, b"\0".join((method.encode(), target.encode(), body)), "sha256").hex()


def is_sealed(key: bytes | None, given: str, method: str, target: str, body: bytes) -> bool:
    return key is not None and hmac.compare_digest(given.encode(), seal(key, method, target, body).encode())


def key_in(content: bytes) -> bytes | None:
    """None where it is no key."""
    return content if _KEY.fullmatch(content) else None


def read_key(path: Path = KEY_FILE) -> bytes | None:
    """This host's, None where there is none, or where it is not root's alone."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            is_roots = stat.S_ISREG(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o077
            return key_in(file.read(128)) if is_roots else None
    except OSError:
        return None


def made_key(path: Path = KEY_FILE) -> bytes | None:
    """This host's; it is made where there is none, or where what root has there is none (cut off, or open to others).
    None where that can't be done, as for a guard that is not root: then no request is believed to be root's, and root's
    guard says why."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    why = "it belongs to another user, or is no file"
    try:
        with contextlib.suppress(FileExistsError):
            if read_key(path) is None:
                aside.touch(mode=0o600, exist_ok=False)
                aside.write_bytes(secrets.token_hex(32).encode())
                _put_away(path)
                os.link(aside, path)  # fails where another guard was faster: then its key counts
    except OSError as error:
        why = str(error.strerror)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()
    key = read_key(path)
    if key is None and os.geteuid() == 0:
        says = f"{path} can't be used ({why}): root's `dockworthy deploy` is judged as everybody else's requests are"
        print(says, file=sys.stderr, flush=True)
    return key


def _put_away(path: Path) -> None:
    """What root has there and is no key. Raises OSError."""
    away = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        found = path.lstat()
        if found.st_uid != 0 or stat.S_ISDIR(found.st_mode) or read_key(path) is not None:
            return
        path.rename(away)
    except FileNotFoundError:
        return
    try:
        if read_key(away) is not None:  # another guard was faster, and this is its key
            os.link(away, path)
    finally:
        away.unlink()
