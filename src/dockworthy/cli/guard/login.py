"""`dockworthy guard login`: docker asks the guard's socket from now on."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import click

from ...errors import UsageError
from ..output import say

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.+-]{0,127}")
_REMOTE = re.compile(r"tcp://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):[0-9]{1,5}")


@click.command(short_help="Writes a Docker context for the guard's socket.")
@click.argument("where", metavar="PATH|URL")
@click.option("--name", default="guard", show_default=True, help="Name of the context.")
@click.option(
    "--certificates", metavar="FOLDER", help="The folder with your ca.pem, cert.pem and key.pem, for tcp://HOST:PORT."
)
def login(where: str, name: str, certificates: str | None) -> int:
    """docker, Compose and buildx then ask the socket at PATH: docker --context guard ps, or docker context use guard.

    tcp://HOST:PORT is for a guard that serves TLS. The certificate files in FOLDER are copied into the context.

    Your current context stays the current one.

    \b
    Examples:
      dockworthy guard login /run/dockworthy/docker.sock
      dockworthy guard login tcp://192.0.2.7:2376 --certificates alice
    """
    from ...engine.certificate_files import read_certificates
    from ...engine.context import configuration_folder, write_context

    if not _NAME.fullmatch(name) or name == "default":
        raise UsageError(f"--name {name}: docker takes no such name for a context", hint="letters, digits, _ . + -")
    is_remote = _REMOTE.fullmatch(where) is not None
    if is_remote and certificates is None:
        raise UsageError(
            f"{where} asks for a certificate", hint="--certificates FOLDER, as `guard certificate` made it"
        )
    host = where if is_remote else f"unix://{_socket(where)}"
    if certificates is not None and not is_remote:
        raise UsageError(f"{where} asks for no certificate", hint="--certificates belongs to tcp://HOST:PORT")
    texts = None if certificates is None else read_certificates(Path(certificates))
    file = write_context(configuration_folder(os.environ), name, host, texts)
    say(f"wrote {file}; now: docker context use {name}")
    return 0


def _socket(where: str) -> Path:
    """Raises UsageError."""
    if "://" in where:
        raise UsageError(f"{where} is no address of a guard's", hint="a socket's path, or tcp://HOST:PORT")
    socket = Path(os.path.abspath(where))
    try:
        is_socket = stat.S_ISSOCK(socket.stat().st_mode)
    except OSError as error:
        raise UsageError(f"{socket}: {error.strerror}", hint="guard serve --people PATH opens it") from None
    if not is_socket:
        raise UsageError(f"{socket} is no socket", hint="guard serve --people PATH opens one")
    return socket
