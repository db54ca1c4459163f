"""`dockworthy guard socket`: a socket with one role, for a program that needs no more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import options
from ..output import say
from .audit_options import audit_options, telling
from .engine_option import engine_option
from .in_force import level_option
from .tls_options import tls_endpoint, tls_options
from .unit import print_unit, unit_option

if TYPE_CHECKING:
    from ...guard.identity.identity import Identity
    from ...model.guard_policy import Binding

ROLES = ("viewer", "deployer", "operator")
"""As in model/guard_policy.py, without admin: that socket would be the engine's own."""


@click.command(short_help="Runs a socket with one role, for proxies, monitors and CI.")
@click.argument("path", metavar="PATH")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What whoever connects may do.")
@click.option("--project", "projects", metavar="NAME", multiple=True, help="Only objects of that Compose project.")
@click.option("--image", "images", metavar="PATTERN", multiple=True, help="Only containers of such images.")
@click.option("--group", metavar="NAME", help="Who may connect beside root: members of this group.")
@click.option("--everyone", is_flag=True, help="Everybody on this host may connect.")
@engine_option("The engine that stands behind it.")
@tls_options
@level_option
@options.policy
@audit_options
@unit_option
def socket(
    path: str,
    role: str,
    projects: tuple[str, ...],
    images: tuple[str, ...],
    group: str | None,
    everyone: bool,
    endpoint: str,
    tls: str | None,
    tlscacert: str | None,
    tlscert: str | None,
    tlskey: str | None,
    level: str | None,
    policy: str | None,
    audit_file: str | None,
    syslog: bool,
    as_unit: bool,
) -> int:
    """Stands between a program and the engine, in the foreground, and lets pass what the role allows.

    A viewer sees containers, networks, services, logs and events, as Traefik or a monitor needs them; values of
    environments are blanked. It needs no plugin and changes nothing of the engine. What a deployer or an operator asks
    is also judged by the policy. --tls opens it on a network as well, to whoever has a certificate.

    It does not start where no engine answers, and removes its socket when it ends.

    --audit and --syslog keep what was refused and what changes something or reads secrets, never a body.

    \b
    Examples:
      dockworthy guard socket --role viewer /run/docker-viewer.sock
      dockworthy guard socket --role operator --project shop /run/ops.sock
      dockworthy guard socket --role viewer /run/viewer.sock --unit
    """
    import uvloop

    from ...guard.config_reload import followed
    from ...guard.life.kept_policy import LivingPolicy
    from ...guard.life.readiness import tell_ready
    from ...guard.listening import listened
    from ...guard.rights.people_world import PeopleWorld
    from ...guard.serving_now import announced
    from ...guard.socket.role_gate import RoleGate
    from ...guard.socket.serving import check_there, engine_path, serve_alone
    from ...model.guard_policy import Role
    from .grants import binding_of
    from .in_force import absolute, keeping, loader

    engine = engine_path(endpoint)
    binding = binding_of("user:*", Role(role), projects, images)
    if as_unit:
        print_unit(f"dockworthy-{role}", f"dockworthy's guard: a socket for a {role} at {path}", notifies=True)
        return 0
    told = telling(audit_file, syslog=syslog)
    remote, papers = tls_endpoint(tls, tlscacert, tlscert, tlskey, told=told.write)

    def held(who: Identity) -> tuple[Binding, ...]:
        return () if who.has_ended else (binding,)

    def ready() -> None:
        say(f"{path} is open, for a {role}")
        tell_ready()

    async def live() -> None:
        in_force = LivingPolicy(loader(level, policy, followed=True), say, keeping(level, policy))
        world = PeopleWorld(
            endpoint,
            sockets=absolute(path),
            kept=absolute(audit_file, tlscacert, tlscert, *in_force.files),
            keys=absolute(tlskey),
        )
        gate = RoleGate(world, held, told=told, floor=in_force)
        serving = announced(engine=endpoint, people=path, role=role, tls=tls or "", policy=policy or "")
        async with followed(in_force, *papers):
            made = listened(Path(path), mode=0o666 if everyone else 0o660, group=group)
            with made as listening, serving:
                await serve_alone(listening, gate, engine, remote, ready=ready)
        told.end()

    uvloop.run(check_there(endpoint))
    uvloop.run(live())
    return 0
