"""`dockworthy guard uninstall`: the guard goes."""

from __future__ import annotations

import click

from ...errors import UsageError
from ..output import say
from .agreeing import agreed, dry_run_option, only_root, yes_option


@click.command(short_help="Take the guard away: the engine as it was before.")
@dry_run_option
@yes_option
def uninstall(dry_run: bool, yes: bool) -> int:
    """The engine's file gets back what it held before, byte for byte; where somebody changed it since, it loses the
    guard's name and nothing else. The audit log and a policy of your own stay.
    """
    from ...guard.life.engine_here import find_engine
    from ...guard.life.places import Places
    from ...guard.life.record import read_record
    from ...guard.life.uninstalling import uninstall as take_away

    only_root()
    places = Places()
    record = read_record(places)
    if record is None:
        raise UsageError("no guard is installed here", hint="`dockworthy guard install` brings it")
    steps = (
        f"{record.settings} no longer names the guard, and the engine is told: containers keep running",
        f"stop and remove the service, {places.unlock} and {places.bundle}",
        f"{places.audit} stays, and {places.policy} where somebody wrote it",
    )
    if not agreed("dockworthy guard uninstall", steps, dry_run=dry_run, yes=yes):
        return 0
    take_away(places, record, find_engine(record.endpoint), say)
    return 0


__all__ = ["uninstall"]
