"""`dockworthy guard uninstall`: the guard goes."""

from __future__ import annotations

import click

from ...errors import UsageError
from .. import options
from ..output import say
from .agreeing import agreed, dry_run_option, only_root


@click.command(short_help="Uninstalls the guard; the engine is as it was before.")
@dry_run_option
@options.yes
def uninstall(dry_run: bool, yes: bool) -> int:
    """The engine's file gets back what it held before, byte for byte; where somebody changed it since, it loses the
    guard's name and nothing else. Where the guard's socket stands at the engine's place, the engine is restarted to
    come back to it; its containers run on. The audit log and a policy of your own stay.
    """
    from ...guard.life.places import Places
    from ...guard.life.record import read_record
    from ...guard.life.uninstalling import steps_of
    from ...guard.life.uninstalling import uninstall as take_away

    only_root()
    places = Places()
    record = read_record(places)
    if record is None:
        raise UsageError("no guard is installed here", hint="`dockworthy guard install` brings it")
    if not agreed("dockworthy guard uninstall", steps_of(places, record), dry_run=dry_run, yes=yes):
        return 0
    take_away(places, record, say)
    return 0
