"""`dockworthy guard unlock`: the guard gets out of the way."""

from __future__ import annotations

import os
import sys

import click

from ..output import deliver


@click.command(short_help="Emergency: removes the guard from the engine's path.")
@click.option("--print", "shown", is_flag=True, help="Print the shell script instead of running it.")
def unlock(shown: bool) -> int:
    """Runs the plain shell script that `install` wrote to /usr/local/sbin/dockworthy-guard-unlock.

    It needs no Python, no dockworthy and no engine that answers, so that you can run it by hand as well.
    """
    from ...guard.life.places import Places
    from ...guard.life.unlocking import unlock_script

    script = unlock_script(Places())
    if shown:
        deliver(script, None)
        return 0
    sys.stdout.flush()
    os.execv("/bin/sh", ["/bin/sh", "-c", script, "dockworthy-guard-unlock"])
