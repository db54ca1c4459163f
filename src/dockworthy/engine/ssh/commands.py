"""The ssh command lines, as data. The user's own ssh configuration and known_hosts decide whom we trust."""

from __future__ import annotations

import shlex
from pathlib import Path

from ...host_scripts import HostScript
from .address import SshAddress

_NOTHING_ELSE = (
    "BatchMode=yes",  # asks nobody anything: no password, no passphrase, no unknown host key
    "ControlPersist=no",
    "RequestTTY=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "LogLevel=INFO",  # its own words on standard error are what we explain a failure from
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
)
"""Whatever the user's configuration adds for daily work, this connection does one thing."""

_AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec {command}; else exec sudo -n {command}; fi'
_RELAY = HostScript(__package__, "relay.sh")


def shell_command(*, sudo: bool) -> str:
    """What the host is to run: a POSIX shell that reads its commands from us. Any login shell understands this line."""
    return f"exec sh -c {shlex.quote(_AS_ROOT.format(command='sh -s'))}" if sudo else "exec sh -s"


def first_connection(address: SshAddress, control: Path, *, seconds: int, sudo: bool) -> list[str]:
    """Connects, and runs the shell; other sessions then go through the socket `control`."""
    options = [*_NOTHING_ELSE, "ControlMaster=yes", f"ControlPath={_literal(control)}", f"ConnectTimeout={seconds}"]
    settings = [word for option in options for word in ("-o", option)]
    return ["ssh", "-T", *settings, *_where(address), shell_command(sudo=sudo)]


def further_session(control: Path, command: str) -> list[str]:
    """Another command over the connection that there is."""
    return ["ssh", "-T", *_through(control), "--", _ANY_NAME, command]


def forward_socket(control: Path, local: Path, remote: str) -> list[str]:
    """Makes `local` a way to the host's unix socket `remote`, or to what it reaches at `address:port`."""
    return ["ssh", *_through(control), "-O", "forward", "-L", f"{local}:{remote}", "--", _ANY_NAME]


def dial(control: Path, address: str, port: int) -> list[str]:
    """Joins standard input and output with a TCP port, as the host reaches it."""
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return ["ssh", *_through(control), "-W", place, "--", _ANY_NAME]


def relay(socket: str) -> str:
    """Joins standard input and output with the engine's socket, as root; with what the host has for that."""
    command = shlex.join(("sh", "-c", _RELAY.bare, "sh", socket))
    return f"exec sh -c {shlex.quote(_AS_ROOT.format(command=command))}"


_ANY_NAME = "over-the-connection"
"""ssh wants a host's name also where the connection is there already."""


def _through(control: Path) -> list[str]:
    """Only through the connection that there is: with it gone, no second one is tried, nor anybody's configuration."""
    options = ("BatchMode=yes", "ProxyCommand=false", f"ControlPath={_literal(control)}")
    return ["-F", "none", *(word for option in options for word in ("-o", option))]


def _where(address: SshAddress) -> list[str]:
    user = ["-l", address.user] if address.user else []
    port = ["-p", str(address.port)] if address.port else []
    return [*user, *port, "--", address.host]


def _literal(path: Path) -> str:
    """ssh expands `%` in paths."""
    return str(path).replace("%", "%%")
