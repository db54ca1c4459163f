"""The certificates that the edge shows: by an authority of the host, or those of the team."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from ...errors import HostError
from ...model.deploy_settings import Tls
from ..site import Site
from .acme import due, known
from .authority import NO_OPENSSL, TO_BE_MADE, Request, asked, asked_here
from .haproxy.frontends import NOBODY, NOBODYS_NAME
from .kept import ProjectRoutes


class ToBeMade(Exception):
    """A certificate is missing, or over within thirty days."""


def authority_file(site: Site) -> str:
    """The certificate by which clients trust what `tls: internal` shows: a path of the host."""
    return f"{site.state}/edge/authority/ca.pem"


async def certificates(site: Site, projects: Iterable[ProjectRoutes], *, look: bool = False) -> dict[str, str]:
    """File name (without its end) -> PEM text with chain and key. `look`: nothing is made.

    Raises HostError; where nothing may be made and something would be, ToBeMade.
    """
    found: dict[str, str] = {}
    for project in projects:
        if project.edge.tls is Tls.INTERNAL:
            found[project.project] = await _internal(site, project, project.names, look)
        if project.edge.tls is Tls.ACME:
            if look and await due(site, project):
                raise ToBeMade
            there = await known(site, project)
            found |= {f"{project.project}.{name}": text for name, text in there.items()}
            # The authority asks the edge, which must run: until it has answered, a name is shown one of our own.
            if missing := [name for name in project.names if name not in there]:
                found[project.project] = await _internal(site, project, missing, look)
        for name, text in project.certificates.items():
            found[f"{project.project}.{name.replace('*', '_')}"] = text
    if found:
        with contextlib.suppress(HostError):  # without openssl there is none: then the first of all is shown
            found[NOBODY] = await _asked(site, Request(NOBODY, f"DNS:{NOBODYS_NAME}", look))
    return found


async def _internal(site: Site, project: ProjectRoutes, wanted: Iterable[str], look: bool) -> str:
    """Made on the host, where the authority's key stays; renewed when it is over within thirty days."""
    names = ",".join(f"{'IP' if name.replace('.', '').isdigit() else 'DNS'}:{name}" for name in wanted)
    return await _asked(site, Request(project.project, names, look))


async def _asked(site: Site, request: Request) -> str:
    done = await asked(site.hand, f"{site.state}/edge", request)
    if done.status == NO_OPENSSL:
        done = await asked_here(site, request)
    if done.status == TO_BE_MADE:
        raise ToBeMade
    if done.status or "PRIVATE KEY" not in done.output:
        hint = "apt-get install openssl, or use `tls: files`" if done.status == NO_OPENSSL else ""
        raise HostError(f"{site.name}: no certificate was made for {request.project}: {done.words}", hint=hint)
    return done.output
