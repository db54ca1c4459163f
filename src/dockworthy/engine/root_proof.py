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
from pathlib import Path

KEY_FILE = Path("/run/dockworthy-guard.key")
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
    """This host's; it is made where there is none. None where that can't be done, as for a guard that is not root: then
    no request is believed to be root's."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with contextlib.suppress(FileExistsError):
            if read_key(path) is None:
                aside.touch(mode=0o600, exist_ok=False)
                aside.write_bytes(secrets.token_hex(32).encode())
                os.link(aside, path)  # fails where another guard was faster: then its key counts
    except OSError:
        return None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()
    return read_key(path)
