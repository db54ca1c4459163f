"""Certificates of an ACME authority (Let's Encrypt's, or a team's own), by lego or certbot on the host."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from importlib.resources import files

from ...errors import HostError
from ..site import Site, write_file
from .kept import ProjectRoutes

_OBTAINING = 180.0
"""Seconds for one name."""
_KNOWN = """
cd {folder} 2>/dev/null && for n in {names}; do
  [ -s $n.pem ] && openssl x509 -in $n.pem -noout -checkend {soon} >/dev/null 2>&1 && echo "# $n" && cat $n.pem
done >&3 9>&- 8>&-; r done 0 ''
"""
_DAY = 86400


async def known(site: Site, project: ProjectRoutes, *, days: int = 0) -> dict[str, str]:
    """Name -> PEM text with chain and key, of those that there are and that are good for so many days."""
    folder, names = shlex.quote(f"{site.state}/edge/acme"), " ".join(project.names)
    done = await site.hand.within(_KNOWN.format(folder=folder, names=names, soon=days * _DAY))
    found: dict[str, str] = {}
    for part in done.output.split("# ")[1:]:
        name, _, text = part.partition("\n")
        found[name] = text
    return found


async def due(site: Site, project: ProjectRoutes) -> tuple[str, ...]:
    """The names that have no certificate, or one that is over within thirty days."""
    there = await known(site, project, days=30)
    return tuple(name for name in project.names if name not in there)


async def obtain(site: Site, project: ProjectRoutes, names: Iterable[str]) -> None:
    """The edge must answer for these names already. Raises HostError in the client's words."""
    wanted = tuple(names)
    if project.acme_ca:
        await write_file(site.hand, f"{site.state}/edge/acme/ca.pem", project.acme_ca.encode())
    acme = project.edge.acme
    given = {
        "dw_folder": f"{site.state}/edge",
        "dw_names": " ".join(wanted),
        "dw_server": acme.directory,
        "dw_email": acme.email,
    }
    script = "".join(f"{name}={shlex.quote(value)}\n" for name, value in given.items())
    script += files(__package__).joinpath("acme.sh").read_text()
    done = await site.hand.run(script, seconds=_OBTAINING * len(wanted))
    if done.status == 44:
        raise HostError(f"{site.name}: {done.words}", hint="apt-get install lego openssl, or `tls: internal`")
    if done.status:
        raise HostError(
            f"{site.name}: the ACME authority gave no certificate: {done.words}",
            hint="does the name lead to this host, and does port 80 reach it from outside? until then: `tls: internal`",
        )
