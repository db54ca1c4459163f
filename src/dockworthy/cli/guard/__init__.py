"""`dockworthy guard`: the same policy for everyone who talks to the engine. Each command's file
is imported when it is asked for."""

from __future__ import annotations

import click

from ..lazy_group import LazyGroup

FILES = {
    "serve": "serve",
    "socket": "socket",
    "grant": "grants",
    "grants": "grants",
    "revoke": "grants",
    "login": "login",
    "certificate": "certificate",
    "explain": "explain",
    "observe": "observe",
    "report": "observe",
    "status": "status",
    "install": "install",
    "uninstall": "uninstall",
    "unlock": "unlock",
}
"""Command -> the file that holds it, in the order in which `--help` shows them."""


@click.group(
    cls=LazyGroup,
    package=__package__,
    files=FILES,
    short_help="Judges every request to the engine's API, by policy and role.",
)
def guard() -> None:
    """Judges every request to the engine's API, by the same controls and policy as your files and what runs.

    \b
    Examples:
      dockworthy guard serve --socket /run/docker/plugins/dockworthy.sock
      dockworthy guard explain docker run --privileged busybox
    """


__all__ = ["guard"]
