"""Which certificates are to be renewed. Reads only."""

from __future__ import annotations

from msgspec import Struct

from ...errors import UsageError
from ...model.deploy_settings import Tls
from ..site import Site
from .acme import held
from .certificates import ToBeMade, certificates
from .keeping import Kept
from .kept import ProjectRoutes
from .lifetime import left_in_words


class Due(Struct, frozen=True):
    """`subject`: a host name where `by` is acme, else the project. `names`: to whom it is shown."""

    project: str
    subject: str
    by: Tls
    names: tuple[str, ...]
    why: str


async def due_of(site: Site, kept: Kept, names: frozenset[str]) -> tuple[Due, ...]:
    """`names`: subjects that count as due. Raises UsageError where there is none of a name, HostError."""
    if unknown := names - subjects_of(kept):
        known = ", ".join(sorted(subjects_of(kept))) or "none"
        raise UsageError(
            f"the edge of {site.name} has no certificate to renew for {', '.join(sorted(unknown))}",
            hint=f"it renews those of: {known}",
        )
    found: list[Due] = []
    for project in kept.projects.values():
        if project.edge.tls is Tls.ACME:
            found += await _by_acme(site, project, names)
        elif project.edge.tls is Tls.INTERNAL and (why := await _why_internal(site, project, names)):
            found.append(Due(project.project, project.project, Tls.INTERNAL, project.names, why))
    return tuple(found)


def subjects_of(kept: Kept) -> frozenset[str]:
    """All for which a certificate can be renewed."""
    return frozenset(
        subject
        for project in kept.projects.values()
        for subject in (
            project.names
            if project.edge.tls is Tls.ACME
            else (project.project,)
            if project.edge.tls is Tls.INTERNAL
            else ()
        )
    )


async def _by_acme(site: Site, project: ProjectRoutes, names: frozenset[str]) -> list[Due]:
    there = await held(site, project)
    found = []
    for name in project.names:
        if name not in there:
            why = "missing"
        elif there[name].is_due or name in names:
            why = f"ends {left_in_words(there[name].lifetime.ends, there[name].now)}"
        else:
            continue
        found.append(Due(project.project, name, Tls.ACME, (name,), why))
    return found


async def _why_internal(site: Site, project: ProjectRoutes, names: frozenset[str]) -> str:
    try:
        await certificates(site, [project], look=True)
    except ToBeMade:
        return "missing, or over within 30 days"
    return "asked for" if project.project in names else ""
