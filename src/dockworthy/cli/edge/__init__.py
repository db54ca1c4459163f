"""`dockworthy edge`: what a host shows to the world; the file of each command is imported when it is asked for."""

from __future__ import annotations

import click

from ..lazy_group import LazyGroup

FILES = {"status": "status", "renew": "renew", "update": "update"}
"""Command -> the file that holds it, in the order in which `--help` shows them."""


@click.group(
    cls=LazyGroup,
    package=__package__,
    files=FILES,
    short_help="The HAProxy in front: status, update, certificates.",
)
def edge() -> None:
    """The edge of a host: HAProxy in front of every project that `deploy` shipped there with routes. A host has one
    edge for all projects.

    \b
    Examples:
      dockworthy edge status             what it serves, and what needs care
      dockworthy edge renew              certificates that end soon
      dockworthy edge renew --install    and that by itself, twice a day
      dockworthy edge update             HAProxy and keepalived, as new as can be
    """


__all__ = ["edge"]
