"""The socket for people beside the plugin of the same process: roles are judged here, the policy there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from ...errors import UsageError
from ..leaving import Leaving
from ..listening import listen
from ..policy_in_force import PolicyInForce
from ..rights.grants import Grants, grants_folder
from ..rights.held import Roles
from ..rights.people_world import PeopleWorld
from ..tls.endpoint import TlsEndpoint
from .role_gate import RoleGate, Told
from .serving import engine_path, serving
from .tickets import Tickets


def people_served(
    path: Path,
    endpoint: str,
    policy: Callable[[], PolicyInForce],
    tickets: Tickets,
    leaving: Leaving,
    *,
    told: Told,
    tls: TlsEndpoint | None = None,
) -> AbstractAsyncContextManager[None]:
    """Everybody may connect, at `tls` who has a certificate: who they are decides what they may. Raises UsageError."""
    engine = engine_path(endpoint)
    if path.resolve() == engine.resolve():
        raise UsageError(
            f"{path} is the engine's own socket",
            hint="let dockerd listen elsewhere, in a folder of root's, and name it",
        )
    roles = Roles(policy, Grants(grants_folder()))
    gate = RoleGate(
        PeopleWorld(endpoint), roles.held, told=told, unseen=policy, reserved=roles.reserved, projects=roles.projects,
        stamping=tickets, granted=roles.granted,
    )  # fmt: skip
    return serving(listen(path, mode=0o666), gate, engine, leaving, tls)


__all__ = ["people_served"]
