"""The secret names by which the edge finds the containers of services, and how services with older names get them.

HAProxy asks the engine's DNS, which answers with whoever has the name on a network: by an alias, a container's name or
a host name, which everybody chooses who joins. So the names are ones that nobody can guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import structs

from ...model.edge_network import is_alias
from ...model.rollout import Task
from .routes import ProjectRoutes

Tasks = Mapping[str, Sequence[Task]]


def new_alias() -> str:
    """A name on the edge's network that nobody can guess: 128 random bits."""
    return secrets.token_hex(16)


def named(wanted: ProjectRoutes, before: ProjectRoutes | None, tasks: Tasks, *, swarm: bool) -> ProjectRoutes:
    """The routes with a secret name for each service: the one it has, else a new one. `before`: what the edge has of
    the project; `tasks`: what runs of it. On a `swarm` the name that the service has there counts before the edge's
    own: another manager's edge may find it by that. Elsewhere it counts where the edge has lost what it knew."""
    services = dict.fromkeys(served.route.service for served in wanted.routes)
    aliases = {}
    for service in services:
        known = before.aliases.get(service, "") if before is not None else ""
        runs = _alias_of(tasks.get(service, ()))
        aliases[service] = (runs or known if swarm else known or runs) or new_alias()
    older = [each for each in services if before is None or each not in before.aliases or each in before.old_names]
    wanted = structs.replace(wanted, aliases=aliases)
    return structs.replace(wanted, old_names=still_by_old_names(wanted, older, tasks))


def needs_tasks(wanted: ProjectRoutes, before: ProjectRoutes | None, *, swarm: bool) -> bool:
    """Must `named` know what runs?"""
    if swarm or before is None or before.old_names:
        return True
    return any(served.route.service not in before.aliases for served in wanted.routes)


def still_by_old_names(wanted: ProjectRoutes, services: Iterable[str], tasks: Tasks) -> tuple[str, ...]:
    """Those of which a container is on the edge's network without its secret name."""
    return tuple(
        each
        for each in services
        if any(not task.is_found_by(wanted.aliases[each]) for task in tasks.get(each, ()) if not task.is_job)
    )


def found_by_old_names(projects: Iterable[ProjectRoutes]) -> Iterator[str]:
    """Services that the edge still asks for by names that others can take, in sentences that say what to do."""
    for routes in projects:
        services = dict.fromkeys(served.route.service for served in routes.routes)
        if old := [each for each in services if each not in routes.aliases or each in routes.old_names]:
            yield (
                f"{', '.join(old)} of {routes.project}: the edge finds it by a name that other containers can take: "
                f"`dockworthy deploy` of {routes.project} gives it one that nobody can guess"
            )


def _alias_of(tasks: Sequence[Task]) -> str:
    """The secret name of what was started last."""
    return next((name for task in reversed(tasks) for name in task.edge_names if is_alias(name)), "")
