"""`dockworthy facts`: all that was read, as JSON, secrets left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .exit_status import ExitStatus
from .output import deliver, say

if TYPE_CHECKING:
    from ..model.snapshot import Snapshot


@click.command(short_help="Prints every fact that was read, as JSON, without secrets.")
@options.host
@options.sudo
@options.root
@options.deadline
@options.probe
@options.format_of("json")
@options.output
def facts(
    hosts: tuple[str, ...], sudo: bool, root: str, deadline: float, probe: bool, format_: str, output: str | None
) -> int:
    """All that dockworthy reads of this host and its engine, as one JSON document. It judges nothing.

    Secret values never enter it: what looks like a secret becomes a keyed hash, and the key stays on this host. The
    document can be saved, sent, and judged elsewhere without the host at hand.

    \b
    Examples:
      sudo dockworthy facts -o shop.json
      dockworthy assess --from shop.json
      sudo dockworthy facts | jq .host.kernel
      dockworthy facts --host ssh://root@shop --host ssh://root@db -o facts/
    """
    endpoints = options.endpoints_of(hosts)
    options.only_over_ssh(endpoints, sudo=sudo, root=root)
    if len(endpoints) > 1:
        from .fleet_facts import save_fleet

        return save_fleet(endpoints, sudo=sudo, root=Path(root), deadline=deadline, probe=probe, folder=output)
    import asyncio

    from ..facts.reading import read_snapshot
    from ..facts.saved import encode, save

    snapshot = asyncio.run(read_snapshot(endpoints[0], root=Path(root), deadline=deadline, sudo=sudo, probe=probe))
    if output is None or output == "-":
        deliver(encode(snapshot), None)
    else:
        save(snapshot, Path(output))  # readable by its owner alone
    _mention_gaps(snapshot)
    return ExitStatus.DONE


def _mention_gaps(snapshot: Snapshot) -> None:
    from ..model.field import Unknown

    version = snapshot.engine.version
    if isinstance(version, Unknown):
        say(f"dockworthy: of the engine nothing could be read: {version.reason}")
        if version.tell:
            say(f"hint: {version.tell}")
