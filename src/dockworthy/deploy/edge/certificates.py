"""The certificates that the edge serves: by an authority of the host, from an ACME authority, or the team's own.

`authority.sh` makes them, where there is an openssl: on the host, or else here.
"""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from ...engine.host_shell import HostShell, ScriptDone, shell_here
from ...engine.site import Site, write_file
from ...errors import HostError
from ...host_scripts import HostScript
from ...model.deploy_settings import Tls
from .acme import due, known
from .haproxy.frontends import NOBODY, NOBODYS_NAME
from .routes import ProjectRoutes

_AUTHORITY = HostScript(__package__, "authority.sh")
NO_OPENSSL = 44
TO_BE_MADE = 45


class Request(Struct, frozen=True):
    """`names` in openssl's words (`DNS:a,IP:b`). `look`: nothing is made."""

    project: str
    names: str
    look: bool

    @property
    def files(self) -> tuple[str, ...]:
        """In the order in which they count: a certificate without its key is worth nothing."""
        mine = f"internal/{self.project}"
        return "authority/key.pem", "authority/ca.pem", f"{mine}.pem", f"{mine}.names"


async def asked(shell: HostShell, folder: str, request: Request) -> ScriptDone:
    """Its output is chain and key; its status NO_OPENSSL or TO_BE_MADE where that is so. Raises HostError."""
    script = _AUTHORITY.with_arguments(
        dw_folder=folder,
        dw_project=request.project,
        dw_names=request.names,
        dw_look="yes" if request.look else "",
    )
    # In a shell of its own, whose output is in no file: it holds a key.
    command = f"sh -c {shlex.quote(script)} 2>&1 </dev/null 9>&-"
    return await shell.within(f'why=$({command}); r done "$?" "$why"')


async def asked_here(site: Site, request: Request) -> ScriptDone:
    """For a host without openssl: what it keeps comes into a folder of ours that soon goes, and what is new goes there.

    Raises HostError.
    """
    kept = f"{site.state}/edge"
    with tempfile.TemporaryDirectory(prefix="dockworthy-") as folder:  # mode 0700
        before = {name: await site.shell.file(f"{kept}/{name}") for name in request.files}
        for name, text in before.items():
            if text is not None:
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
        async with shell_here(command="deploy") as shell:
            done = await asked(shell, folder, request)
        if done.status == 0 and not request.look:
            for name in request.files:
                text = Path(folder, name).read_text()
                if text != before[name]:
                    mode = "0644" if name == "authority/ca.pem" else "0600"
                    await write_file(site.shell, f"{kept}/{name}", text.encode(), mode=mode)
        return done


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
    done = await asked(site.shell, f"{site.state}/edge", request)
    if done.status == NO_OPENSSL:
        done = await asked_here(site, request)
    if done.status == TO_BE_MADE:
        raise ToBeMade
    if done.status or "PRIVATE KEY" not in done.output:
        hint = "apt-get install openssl, or use `tls: files`" if done.status == NO_OPENSSL else ""
        raise HostError(f"{site.name}: no certificate was made for {request.project}: {done.words}", hint=hint)
    return done.output
