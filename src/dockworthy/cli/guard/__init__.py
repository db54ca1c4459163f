"""`dockworthy guard`: the same policy for everyone who talks to the engine. One file a command."""

from __future__ import annotations

import click

from .explain import explain
from .grants import grant, grants, revoke
from .install import install, uninstall, unlock
from .login import login
from .observe import observe, report
from .serve import serve
from .socket import socket


@click.group(short_help="Judges every request to the engine's API.")
def guard() -> None:
    """The same controls and policy that judge files and what runs, for everyone who talks to the engine.

    \b
    Examples:
      dockworthy guard serve --socket /run/docker/plugins/dockworthy.sock
      dockworthy guard explain docker run --privileged busybox
    """


for command in (serve, socket, grant, grants, revoke, login, explain, observe, report, install, uninstall, unlock):
    guard.add_command(command)

__all__ = ["guard"]
