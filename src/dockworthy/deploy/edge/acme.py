"""Certificates of an ACME authority (Let's Encrypt's, or a team's own), by lego or certbot on the host."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from msgspec import Struct

from ...engine.host_shell import CONTENT
from ...engine.site import Site, write_file
from ...errors import HostError
from ...host_scripts import HostScript
from .lifetime import Lifetime, lifetime
from .routes import ProjectRoutes

_OBTAINING = 180.0
"""Seconds for one name."""
_MOST_PEM = 1024 * 1024
"""Bytes of a certificate with its chain and key."""
_HELD = HostScript(__package__, "held_certificates.sh")
_OBTAIN = HostScript(__package__, "acme.sh")


class AcmeCertificate(Struct, frozen=True):
    """A certificate that the authority gave. `text`: PEM with chain and key. `now`: by the host's clock."""

    text: str
    lifetime: Lifetime
    now: float

    @property
    def is_due(self) -> bool:
        return self.lifetime.is_due(self.now)


async def held(site: Site, project: ProjectRoutes) -> dict[str, AcmeCertificate]:
    """Name -> what there is and is not over yet."""
    call = shlex.join(("held", f"{site.state}/edge/acme", str(_MOST_PEM), *project.names))
    done = await site.shell.within(CONTENT.text + _HELD.text + call)
    clock, *parts = done.output.split("\n# ")
    found: dict[str, AcmeCertificate] = {}
    for part in parts:
        name, begins, ends, text = part.split("\n", 3)
        now = float(clock.removeprefix("@ "))
        each = AcmeCertificate(text, lifetime(begins.removeprefix("notBefore="), ends.removeprefix("notAfter=")), now)
        if now < each.lifetime.ends:
            found[name] = each
    return found


async def known(site: Site, project: ProjectRoutes) -> dict[str, str]:
    """Name -> PEM text with chain and key, of those that there are and that are good."""
    return {name: each.text for name, each in (await held(site, project)).items()}


async def due(site: Site, project: ProjectRoutes) -> tuple[str, ...]:
    """The names that have no certificate, or one that is to be renewed."""
    there = await held(site, project)
    return tuple(name for name in project.names if name not in there or there[name].is_due)


async def obtain(site: Site, project: ProjectRoutes, names: Iterable[str]) -> None:
    """The edge must answer for these names already. Raises HostError in the client's words."""
    wanted = tuple(names)
    trusted = f"{site.state}/edge/acme/ca/{project.project}.pem" if project.acme_ca else ""
    if trusted:  # by this project alone: it says who may give certificates for its names
        await write_file(site.shell, trusted, project.acme_ca.encode())
    acme = project.edge.acme
    script = _OBTAIN.with_arguments(
        dw_folder=f"{site.state}/edge",
        dw_names=" ".join(wanted),
        dw_server=acme.directory,
        dw_email=acme.email,
        dw_ca=trusted,
    )
    done = await site.shell.run(script, seconds=_OBTAINING * len(wanted))
    if done.status == 44:
        raise HostError(f"{site.name}: {done.words}", hint="apt-get install lego openssl, or `tls: internal`")
    if done.status:
        raise HostError(
            f"{site.name}: the ACME authority gave no certificate: {done.words}",
            hint="does the name lead to this host, and does port 80 reach it from outside? until then: `tls: internal`",
        )
