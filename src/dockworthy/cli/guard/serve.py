"""`dockworthy guard serve`: the guard itself, in the foreground."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import DockworthyError, UsageError
from .. import options
from ..output import say
from .audit_options import audit_options, telling
from .engine_option import engine_option
from .in_force import absolute, keeping, level_option, loader
from .tls_options import tls_endpoint, tls_options

if TYPE_CHECKING:
    from ...guard.rights.grants import Grant


@click.command(short_help="Runs the engine's authorization plugin in the foreground.")
@click.option(
    "--socket",
    "path",
    metavar="PATH",
    required=True,
    help="The plugin's socket, at which the engine asks: in /run/docker/plugins.",
)
@engine_option("The engine, to look up what names stand for.")
@click.option(
    "--people",
    metavar="PATH",
    help="Also serve people and programs at this socket, by their roles; requests go on to --docker.",
)
@tls_options
@level_option
@options.policy
@audit_options
@click.option("--check", "only_checks", is_flag=True, help="Read the policy, say what is wrong with it, and end.")
def serve(
    path: str,
    endpoint: str,
    people: str | None,
    tls: str | None,
    tlscacert: str | None,
    tlscert: str | None,
    tlskey: str | None,
    level: str | None,
    policy: str | None,
    audit_file: str | None,
    syslog: bool,
    only_checks: bool,
) -> int:
    """Answers the engine's questions: may this request pass?

    The engine asks when it is started with --authorization-plugin NAME and the socket is NAME.sock in
    /run/docker/plugins. Start this first: an engine does not start without its plugin. Everything that is not known
    to be allowed is refused, with the control's title, the fact and the remedy in docker's own error line.

    The policy is read again when its file changes, and on SIGHUP. One that can't be read changes nothing; a guard that
    starts then judges by the last good one, of which it keeps a copy, and says so.

    --audit and --syslog keep what was refused and what changes something or reads secrets, never a body. Where neither
    can be written (a full disk), requests that change something or read secrets are refused; all others pass. Of the
    refusals of one person thirty a minute are written one by one; of further ones only the number.

    --people opens a socket at which everybody is known: users and groups of this host, containers by their names. Their
    roles stand in dockworthy.yaml (guard.roles); an admin's requests pass the policy, everybody else's are also judged
    by it. --tls serves them from elsewhere, too: there everybody is known by the common name of their certificate, and
    nobody gets in without one. Certificates are read again like the policy; connections that are open stay.
    """
    import uvloop

    from ...guard.audit.entry import Note, of_grant
    from ...guard.life.readiness import tell_ready
    from ...guard.life.spare import wait_for_its_turn

    if only_checks:
        loader(level, policy, followed=True)()
        return 0
    if tls and not people:
        raise UsageError("--tls serves people from elsewhere, and --people is missing", hint="--people PATH")
    wait_for_its_turn(lambda: _load_all(level, policy))
    told = telling(audit_file, syslog=syslog)

    def heard(text: str) -> None:
        """Of the policy: which one is in force is a matter of the audit, too."""
        say(text)
        told.note(Note(action="guard/policy", says=text))

    def ended(grant: Grant) -> None:
        told.note(of_grant("end", grant, f"the grant {grant.id} of {grant.binding.who} has ended"))

    def ready() -> None:
        say(f"judging at {path}")
        tell_ready()

    async def live() -> None:
        from ...engine.root_proof import made_key
        from ...guard.config_reload import followed
        from ...guard.engine_world import EngineWorld
        from ...guard.graceful_shutdown import ShutdownAsked
        from ...guard.life.kept_policy import LivingPolicy
        from ...guard.plugin import plugin_served
        from ...guard.rights.grants import Grants, grants_folder
        from ...guard.serving_now import announced
        from ...guard.socket.serving import people_served
        from ...guard.socket.tickets import Tickets
        from ...guard.socket_activation import handed_key

        in_force = LivingPolicy(loader(level, policy, followed=True), heard, keeping(level, policy))
        tickets, leaving = Tickets(key=handed_key()), ShutdownAsked()
        say(f"the policy is at level {in_force().level.value}")
        world = EngineWorld(
            endpoint,
            sockets=absolute(path, people),
            kept=absolute(audit_file, tlscacert, tlscert, *in_force.files),
            keys=absolute(tlskey),
        )
        plugin = plugin_served(
            Path(path), in_force, world, leaving, told=told, vouching=tickets.redeem, root_key=made_key()
        )
        remote, papers = tls_endpoint(tls, tlscacert, tlscert, tlskey, told=told.write)
        async with followed(in_force, *papers), plugin, AsyncExitStack() as open_:
            open_.callback(told.end)
            open_.enter_context(
                announced(
                    engine=endpoint,
                    plugin=path,
                    people=people or "",
                    tls=tls or "",
                    policy=policy or "",
                    audit="".join(absolute(audit_file)),
                    syslog=syslog,
                )
            )
            if people is not None:
                served = people_served(Path(people), endpoint, in_force, tickets, leaving, told=told, tls=remote)
                await open_.enter_async_context(served)
                grants = Grants(grants_folder())
                try:
                    grants.begin_record()
                except OSError as error:
                    say(f"what grants are given can't be recorded: {error.strerror}")
                ending = asyncio.create_task(grants.watch_ended(ended))
                open_.callback(ending.cancel)
            ready()
            await leaving.asked()

    uvloop.run(live())
    return 0


def _load_all(level: str | None, policy: str | None) -> None:
    """Into memory, what `serve` needs. What it was told of is read when it serves: it may be another by then."""
    from ...guard import config_reload, engine_world, plugin  # noqa: F401
    from ...guard.life.kept_policy import last_good
    from ...guard.plugin.warming import warm_up
    from ...guard.socket import serving  # noqa: F401
    from ...guard.tls import endpoint  # noqa: F401

    with suppress(DockworthyError):
        warm_up(last_good(loader(level, policy, followed=True), keeping(level, policy)))
