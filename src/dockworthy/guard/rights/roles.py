"""What each role may ask for."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.guard_policy import Role
from ..routes.table import Right

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.DEPLOYER: frozenset({Right.VIEW, Right.CREATE, Right.OPERATE, Right.REGISTRY}),
    Role.OPERATOR: frozenset({Right.VIEW, Right.SECRETS, Right.OPERATE, Right.EXEC}),
    Role.ADMIN: frozenset(Right),
}
"""Building is for admins: what BuildKit does is shown to nobody, and a production engine runs what others built."""


def roles_with(right: Right) -> str:
    """In words, for an answer: `operator or admin`."""
    return " or ".join(role.value for role, rights in RIGHTS.items() if right in rights)
