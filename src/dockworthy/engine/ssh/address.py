"""`ssh://[user@]host[:port][/path/of/the/engine's/socket]`, as the docker command line writes it, too."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ...errors import UsageError

SCHEME = "ssh://"

_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.%:-]*")
"""A host name, an alias of ssh's configuration or an address; nothing that ssh could take for an option."""
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@+$-]*")


class SshAddress(NamedTuple):
    """`user` and `port` are what was said: without them ssh's own configuration decides. `socket`: `""` for the
    host's own choice."""

    host: str
    user: str = ""
    port: int | None = None
    socket: str = ""

    @property
    def name(self) -> str:
        """How people call it: `ssh://user@host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{SCHEME}{f'{self.user}@' if self.user else ''}{host}{f':{self.port}' if self.port else ''}"

    @property
    def url(self) -> str:
        """All that was said, in one way of writing it."""
        return f"{self.name}{self.socket}"


def is_ssh(endpoint: str) -> bool:
    return endpoint.startswith(SCHEME)


def ssh_address(endpoint: str) -> SshAddress:
    """Takes the URL apart. Raises UsageError where it is none."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise _unfit(endpoint, "its port or address is no number") from None
    if parts.password is not None:
        raise _unfit(endpoint, "a password does not belong there", "use a key: ssh-copy-id USER@HOST")
    host, user, path = parts.hostname or "", unquote(parts.username or ""), unquote(parts.path).rstrip("/")
    # urlsplit gives names in lower case; an alias in ssh's configuration may have capitals.
    written = next((found for found in re.findall(re.escape(host), endpoint, re.IGNORECASE)[-1:]), host)
    if not _NAME.fullmatch(host) or (user and not _USER.fullmatch(user)):
        raise _unfit(endpoint, "it names no host" if not host else "its host or user can't be one")
    if parts.query or parts.fragment or not path.isprintable():
        raise _unfit(endpoint, "only a user, a port and the path of the engine's socket may stand beside the host")
    return SshAddress(written, user, port, path)


def _unfit(endpoint: str, why: str, hint: str = "use ssh://USER@HOST or ssh://USER@HOST:PORT") -> UsageError:
    shown = re.sub(r"(?<=//)([^/@:]*):[^/@]*@", r"\1:…@", endpoint)
    return UsageError(f"{shown!r} is no address of a host: {why}", hint=hint)
