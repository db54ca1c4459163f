"""`dockworthy hosts autolock` and `rotate-ca`: what holds for the swarm as a whole."""

from __future__ import annotations

import asyncio
from typing import TextIO

import click

from ...errors import UsageError
from ..output import say
from .common import agreed, asks_a_manager, manager_of, nodes_by, timeout

_STEPS = {
    "on": "a manager that starts must be unlocked with a key (docker swarm unlock): its disk alone is worth nothing",
    "off": "managers start without a key; whoever has a manager's disk has the swarm's secrets",
    "rotate": "a new key; managers that are away now still need the old one",
}


@click.command(short_help="Turns autolock on or off: a key to start a manager.")
@click.argument("state", type=click.Choice(("on", "off", "rotate")))
@asks_a_manager
def autolock(state: str, yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """With autolock a manager needs a key when it starts. The key is shown once, on your terminal alone: it is in no
    output, log or file of dockworthy. Without it a manager that restarted can't come back: write it down.
    """
    endpoint, _ = manager_of(hosts, policy, sudo=sudo)
    return asyncio.run(_autolock(endpoint, state, yes=yes, dry_run=dry_run, sudo=sudo))


async def _autolock(endpoint: str, state: str, *, yes: bool, dry_run: bool, sudo: bool) -> int:
    from ...engine.site import engine_at
    from ...hosts.settings import is_locked_at_start, rotate_unlock_key, set_autolock, unlock_key

    async with engine_at(endpoint, sudo=sudo) as engine:
        await nodes_by(engine, endpoint)
        is_on = await is_locked_at_start(engine)
        if state == "rotate" and not is_on:
            raise UsageError("autolock is off: there is no key", hint="dockworthy hosts autolock on")
        if state == ("on" if is_on else "off"):
            say(f"autolock is {state}: nothing to do" + (" (docker swarm unlock-key shows the key)" if is_on else ""))
            return 0
        if state == "off":
            if agreed("Autolock is turned off", [_STEPS[state]], dry_run=dry_run, yes=yes):
                await set_autolock(engine, False)
            return 0
        if dry_run:
            agreed("Autolock", [_STEPS[state]], dry_run=True, yes=yes)
            return 0
        with _terminal() as terminal:
            if not agreed("Autolock", [_STEPS[state]], dry_run=False, yes=yes):
                return 1
            await (rotate_unlock_key(engine) if state == "rotate" else set_autolock(engine, True))
            terminal.write(
                f"\nThe key, shown this once; keep it apart from the hosts:\n\n    {await unlock_key(engine)}\n\n"
            )
        say("a manager that starts is unlocked by: docker swarm unlock")
    return 0


def _terminal() -> TextIO:
    """The person's own terminal, whatever is redirected. Raises UsageError where there is none."""
    try:
        return open("/dev/tty", "w", encoding="utf-8")
    except OSError:
        raise UsageError(
            "there is no terminal to show the key on, and it is to be in no log",
            hint="run this at a terminal; over ssh: ssh -t",
        ) from None


@click.command(short_help="Replaces the swarm's certificate authority and node certificates.")
@timeout
@asks_a_manager
def rotate_ca(timeout: float, yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """Makes a new certificate authority for the swarm and new certificates for its nodes, after a key may have been
    stolen. Containers keep running. Join tokens change, too. Waits until every node has its new certificate.
    """
    endpoint, _ = manager_of(hosts, policy, sudo=sudo)
    return asyncio.run(_rotate_ca(endpoint, seconds=timeout, yes=yes, dry_run=dry_run, sudo=sudo))


async def _rotate_ca(endpoint: str, *, seconds: float, yes: bool, dry_run: bool, sudo: bool) -> int:
    from ...engine.site import engine_at
    from ...hosts.settings import rotate_authority

    async with engine_at(endpoint, sudo=sudo) as engine:
        nodes = await nodes_by(engine, endpoint)
        steps = [
            f"{len(nodes)} nodes get certificates of a new authority; what runs goes on",
            "join tokens that were handed out are worth nothing any more",
        ]
        if down := [node.called for node in nodes if not node.ready]:
            steps.append(f"it is not done before {', '.join(down)} is back, or removed")
        if not agreed("The swarm gets a new authority", steps, dry_run=dry_run, yes=yes):
            return 0 if dry_run else 1
        await rotate_authority(engine, seconds=seconds)
        say("every node has a certificate of the new authority")
    return 0
