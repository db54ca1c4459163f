"""`dockworthy guard install`, `uninstall` and `unlock`: the guard comes, goes, and gets out of the way."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ...errors import UsageError
from ..output import deliver, say

_docker = click.option(
    "--docker",
    "endpoint",
    metavar="URL",
    default="unix:///var/run/docker.sock",
    show_default=True,
    help="The engine's own socket.",
)
_yes = click.option("--yes", is_flag=True, help="Ask nothing.")
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")


@click.command(short_help="Bring the guard to this machine, before its engine.")
@_docker
@click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="What it judges by, copied to /etc/dockworthy/guard.yaml.  [default: what is there, else level baseline]",
)
@click.option("--force", is_flag=True, help="Also before an engine that the guard was not tried against.")
@_dry_run
@_yes
def install(endpoint: str, policy: str | None, force: bool, dry_run: bool, yes: bool) -> int:
    """From then on every request to the engine is judged, and a machine's start brings the guard first.

    Shows the plan, does it, measures, and takes all of it back where the engine does not come up with it. The engine
    is not restarted: containers keep running. A second time it brings a newer dockworthy and keeps the rest.

    \b
    Examples:
      sudo dockworthy guard install --dry-run
      sudo dockworthy guard install --policy guard.yaml
      sudo dockworthy guard uninstall                     as it was before
    """
    from ...facts.redaction_key import state_directory
    from ...guard.life.engine_here import find_engine
    from ...guard.life.installing import install as bring
    from ...guard.life.installing import plan
    from ...guard.life.places import Places
    from ...guard.life.tried import check_tried

    _only_root()
    places = Places()
    text = None if policy is None else _whole_policy(policy)
    engine = find_engine(endpoint)
    if not force:
        check_tried(engine.version, state_directory(os.environ) / "guard")
    todo = plan(places, engine, text, by_systemd=Path("/run/systemd/system").is_dir())
    if not _agreed("dockworthy guard install", todo.in_words(), dry_run=dry_run, yes=yes):
        return 0
    bring(todo, say)
    say(f"done; when everything is wrong: {places.unlock}")
    return 0


@click.command(short_help="Take the guard away: the engine as it was before.")
@_dry_run
@_yes
def uninstall(dry_run: bool, yes: bool) -> int:
    """The engine's file gets back what it held before, byte for byte; where somebody changed it since, it loses the
    guard's name and nothing else. The audit log and a policy of your own stay.
    """
    from ...guard.life.engine_here import find_engine
    from ...guard.life.places import Places
    from ...guard.life.record import read_record
    from ...guard.life.uninstalling import uninstall as take_away

    _only_root()
    places = Places()
    record = read_record(places)
    if record is None:
        raise UsageError("no guard is installed here", hint="`dockworthy guard install` brings it")
    steps = (
        f"{record.settings} no longer names the guard, and the engine is told: containers keep running",
        f"stop and remove the service, {places.unlock} and {places.bundle}",
        f"{places.audit} stays, and {places.policy} where somebody wrote it",
    )
    if not _agreed("dockworthy guard uninstall", steps, dry_run=dry_run, yes=yes):
        return 0
    take_away(places, record, find_engine(record.endpoint), say)
    return 0


@click.command(short_help="Take the guard out of the engine's way, when everything is wrong.")
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


def _whole_policy(path: str) -> bytes:
    """As it will be copied: one file that stands for itself. Raises UsageError."""
    from .in_force import loader

    _, files = loader(None, path)()
    if len(files) > 1:
        raise UsageError(f"{path} extends {files[1].name}, which would not be copied", hint="write it in one file")
    return Path(path).read_bytes()


def _only_root() -> None:
    if os.geteuid() != 0:
        raise UsageError("this changes the machine, and needs root", hint="sudo dockworthy guard …")


def _agreed(title: str, steps: tuple[str, ...], *, dry_run: bool, yes: bool) -> bool:
    """Shows the plan; a person at a terminal is asked."""
    say(f"{title}:")
    for number, step in enumerate(steps, 1):
        say(f"  {number}. {step}")
    if dry_run:
        return False
    if not yes and not sys.stdin.isatty():
        raise UsageError("nobody is there to agree to that", hint="say --yes, or --dry-run")
    return yes or click.confirm("Do it?", err=True)


__all__ = ["install", "uninstall", "unlock"]
