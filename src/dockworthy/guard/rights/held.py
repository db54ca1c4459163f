"""Which roles somebody has now: those of dockworthy.yaml, and those granted for a time."""

from __future__ import annotations

from collections.abc import Callable

from ...model.guard_policy import Binding, Role
from ..identity.identity import Identity
from ..policy_in_force import PolicyInForce
from .grants import Grants

_ROOT = Binding(who="user:root", role=Role.ADMIN)


class Roles:
    """Both are looked up at each request: what was revoked, or has run out, holds for the next one."""

    def __init__(self, policy: Callable[[], PolicyInForce], grants: Grants) -> None:
        self._policy, self._grants = policy, grants

    def held(self, who: Identity) -> list[Binding]:
        """The host's root is an admin: it could change this file, and end the guard."""
        if who.is_root:
            return [_ROOT]
        names = who.now.names
        own = [binding for binding in self._policy().guard.roles if binding.who in names]
        return [*own, *(grant.binding for grant in self._grants.now() if grant.is_for(names))]

    def granted(self, binding: Binding) -> str:
        """The id of the grant that gives it; empty where the policy does, or root has it anyway."""
        if binding is _ROOT or binding in self._policy().guard.roles:
            return ""
        return next((grant.id for grant in self._grants.now() if grant.binding == binding), "")

    def reserved(self) -> frozenset[str]:
        """Names of containers that have a role."""
        names = (binding.who.partition(":") for binding in self._all())
        return frozenset(name for kind, _, name in names if kind == "container")

    def projects(self) -> frozenset[str]:
        """Those to which a role is limited: they may come, if they are not there yet."""
        return frozenset(name for binding in self._all() for name in binding.projects)

    def _all(self) -> list[Binding]:
        return [*self._policy().guard.roles, *(grant.binding for grant in self._grants.now())]


__all__ = ["Roles"]
