"""Whose a host name is: the project's that had it first. Pure.

A route takes all requests for its host below its path, also those that a route of another project with a shorter path
(`/` and `/login`) or a wildcard (`*.example.com` and `shop.example.com`) got before. So a route on a host that another
project has needs that project's consent: `share_with` of one of its routes, in its own dockworthy.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, structs

from ...errors import Refused
from ...model.deploy_settings import Route
from .routes import ProjectRoutes, ServedRoute


class HostClaim(Struct, frozen=True):
    """What one route, or one name of `redirect_from` (then `sends`), takes: the requests for a host below a path.
    `shared`: the projects that may have routes of their own there."""

    host: str
    path: str
    shared: tuple[str, ...] = ()
    sends: bool = False

    @property
    def words(self) -> str:
        return f"{self.host}{self.path or '/'}"

    def meets(self, host: str) -> bool:
        """Is there a request that is for both hosts? A wildcard stands for one label."""
        return self.host == host or _covers(self.host, host) or _covers(host, self.host)

    def holds(self, other: HostClaim) -> bool:
        """Does it get what the other claim takes, where the other is not there?"""
        return self.meets(other.host) and f"{other.path}/".startswith(f"{self.path}/")


def claims(routes: ProjectRoutes) -> Iterator[HostClaim]:
    for served in routes.routes:
        shared = served.route.share_with
        yield HostClaim(served.host, served.path, shared)
        for name in served.route.redirect_from:
            yield HostClaim(name.lower(), "", shared, sends=True)


def owned(wanted: ProjectRoutes, others: Sequence[ProjectRoutes], before: ProjectRoutes | None) -> tuple[str, ...]:
    """The hosts that the project has first, or had first already."""
    had = before.owns if before is not None else ()
    return tuple(
        claim
        for claim in wanted.names
        if claim in had or not any(HostClaim(claim, "").meets(name) for other in others for name in other.names)
    )


def refuse_taken_hosts(wanted: ProjectRoutes, others: Sequence[ProjectRoutes], before: ProjectRoutes | None) -> None:
    """Raises Refused, which names the owner and the way to its consent."""
    ours = before.owns if before is not None else ()
    in_force = {(claim.host, claim.path) for claim in claims(before)} if before is not None else set()
    for claim in claims(wanted):
        owners = [other for other in others if any(claim.meets(host) for host in other.owns)]
        for other in others:
            met = [theirs for theirs in claims(other) if theirs.meets(claim.host)]
            for theirs in met:
                if theirs.host == claim.host and (theirs.path == claim.path or theirs.sends or claim.sends):
                    raise _taken(claim, other)
            if not met or claim.host in ours or _consents(met, claim, wanted.project):
                continue
            # A guest there has a say about its own paths only. Routes that older versions put there beside each other
            # have no owner: they stay, and nothing is added to them without a word.
            guest = bool(owners) and other not in owners
            unowned = not owners and (claim.host, claim.path) in in_force
            if unowned or (guest and not any(theirs.holds(claim) for theirs in met)):
                continue
            raise _without_consent(claim, met, wanted.project, other.project)


def without_dropped_consents(
    wanted: ProjectRoutes, now: ProjectRoutes | None, written: Iterable[Route]
) -> tuple[ProjectRoutes, tuple[str, ...]]:
    """Routes of an earlier release without the consents that the project has dropped since: neither `now`, at the edge,
    nor `written` in its dockworthy.yaml. With a sentence about each that does not come back."""
    given: dict[tuple[str, str], set[str]] = {}
    for served in (*(now.routes if now is not None else ()), *map(ServedRoute, written)):
        given.setdefault((served.host, served.path), set()).update(served.route.share_with)
    routes, notes = [], []
    for served in wanted.routes:
        had, left = served.route.share_with, given.get((served.host, served.path), set())
        kept = tuple(project for project in had if project in left)
        routes.append(structs.replace(served, route=structs.replace(served.route, share_with=kept)))
        notes += [
            f"{served.host}{served.path or '/'} is not shared with {project} again, as it was in that release: "
            "dockworthy.yaml no longer says so (`share_with`)"
            for project in had
            if project not in left
        ]
    return structs.replace(wanted, routes=tuple(routes)), tuple(notes)


def shared_without_consent(projects: Sequence[ProjectRoutes]) -> Iterator[str]:
    """Hosts that two projects have since before there were owners, in sentences."""
    for index, one in enumerate(projects):
        for other in projects[index + 1 :]:
            for host in one.names:
                theirs = [claim for claim in claims(other) if claim.meets(host)]
                mine = [claim for claim in claims(one) if claim.host == host]
                owned = host in one.owns or any(claim.host in other.owns for claim in theirs)
                agreed = any(other.project in claim.shared for claim in mine)
                agreed = agreed or any(one.project in claim.shared for claim in theirs)
                if theirs and not owned and not agreed:
                    yield (
                        f"{host}: {one.project} and {other.project} both have routes there, and none of them consents: "
                        "take the route out of one of the two, or write `share_with` in the other one, and deploy"
                    )


def _consents(met: Sequence[HostClaim], claim: HostClaim, project: str) -> bool:
    """Of the claims that would lose requests the nearest one counts; where none would, any of the host."""
    holding = [theirs for theirs in met if theirs.holds(claim)]
    if holding:
        nearest = max(holding, key=lambda theirs: (not theirs.host.startswith("*."), len(theirs.path)))
        return project in nearest.shared
    return any(project in theirs.shared for theirs in met)


def _covers(wildcard: str, host: str) -> bool:
    return wildcard.startswith("*.") and not host.startswith("*.") and host.partition(".")[2] == wildcard[2:]


def _taken(claim: HostClaim, other: ProjectRoutes) -> Refused:
    return Refused(
        f"deploy.routes: {claim.words} belongs to the project {other.project} on this host",
        hint=f"take it out of one of the two; `dockworthy deploy` of {other.project} without it sets it free",
    )


def _without_consent(claim: HostClaim, met: Iterable[HostClaim], project: str, owner: str) -> Refused:
    theirs = next((each for each in met if each.holds(claim)), next(iter(met)))
    return Refused(
        f"deploy.routes: {claim.words} is on a host that belongs to the project {owner}",
        hint=f"{owner} may consent: `share_with: [{project}]` at the route {theirs.words} in its dockworthy.yaml, "
        f"`dockworthy deploy` of {owner}, then this deploy again",
    )
