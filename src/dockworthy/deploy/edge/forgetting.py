"""The secrets that the edge keeps of a project, certificates with their keys first: which there are, and how they go.

Each stands in the edge's folder under the project's name, or under a host name where an ACME authority gave it; the
client of that authority keeps a copy of its own. A run that was killed in between is followed by one that finds the
rest by the same names.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from ...engine.site import Site
from ...errors import HostError
from ...host_scripts import HostScript
from .renewal_records import forget_failed

NAMES = "joining"
"""Below it, the names by which a project's containers join the edge's network: secrets, too."""
NO_CERTIFICATES = (f"{NAMES}/", "follow/")
"""So begin the files that are none."""
_LIST = HostScript(__package__, "own_certificates.sh")


def files_of(subject: str, *, by_acme: bool) -> Iterator[str]:
    """Paths below the edge's folder, whether they are there or not. `subject`: a host name where `by_acme`, else a
    project."""
    kept = (f"acme/{subject}.pem",) if by_acme else (f"internal/{subject}.pem", f"internal/{subject}.names")
    for file in kept:
        yield from (file, f"{file}.before", f"{file}.half")
    if not by_acme:
        yield f"acme/ca/{subject}.pem"
        yield f"{NAMES}/{subject}.json"
        yield f"follow/folders/{subject}.json"
        return
    yield f"acme/{subject}.half"
    for end in ("crt", "key", "json", "issuer.crt", "pem"):
        yield f"acme/lego/certificates/{subject}.{end}"
    for folder in ("live", "archive"):
        yield f"acme/certbot/{folder}/{subject}"
    yield f"acme/certbot/renewal/{subject}.conf"


async def certificates_of(site: Site, project: str, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Subject -> its files that are there, also in settings of the edge. `names`: hosts that are the project's alone.
    Raises HostError."""
    files = dict.fromkeys(files_of(project, by_acme=False), project)
    files |= {file: name for name in names for file in files_of(name, by_acme=True)}
    done = await site.shell.run(_LIST.with_arguments(f"{site.state}/edge", project, *files))
    if done.status:
        raise HostError(f"{site.name}: {site.state}/edge can't be read: {done.words}")
    found: dict[str, tuple[str, ...]] = {}
    for file in done.output.splitlines():
        subject = files.get(file, project)
        found[subject] = (*found.get(subject, ()), file)
    return found


async def forget_certificates(site: Site, project: str, names: Iterable[str]) -> None:
    """Raises HostError."""
    found = await certificates_of(site, project, names)
    if files := " ".join(shlex.quote(file) for each in found.values() for file in each):
        done = await site.shell.run(f"cd {shlex.quote(f'{site.state}/edge')} && rm -rf -- {files} && sync -f .")
        if done.status:
            raise HostError(
                f"{site.name}: certificates in {site.state}/edge can't be removed: {done.words}",
                hint="is the file system read-only?",
            )
    await forget_failed(site, frozenset((project, *names)))
