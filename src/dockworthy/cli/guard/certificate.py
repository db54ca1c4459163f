"""`dockworthy guard certificate`: who comes from elsewhere is known by one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from ..output import say

if TYPE_CHECKING:
    from ...harden.remote_access.certificates import PemFiles

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,62}")


@click.command(short_help="Makes certificates for the guard and for people.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--server",
    metavar="ADDRESS",
    multiple=True,
    help="Also make the guard's own, for this address or name of its host.",
)
@click.option("--out", metavar="FOLDER", default=".", show_default=True, help="Where they are put.")
def certificate(names: tuple[str, ...], server: tuple[str, ...], out: str) -> int:
    """One for each NAME, by which `guard serve --tls` knows whoever holds it: certificate:NAME in dockworthy.yaml.

    They are put into FOLDER/NAME, the guard's into FOLDER/server, and are good for 397 days. Run it where you work: the
    authority's key stays in dockworthy's state folder, and no host needs it.

    \b
    Examples:
      dockworthy guard certificate --server 192.0.2.7 alice ci
      scp server/* root@shop:/etc/docker/tls/
    """
    from ...engine.certificate_files import write_certificates
    from ...harden.remote_access.certificates import Office
    from ...state_directory import state_directory

    _check(names, server)
    office = Office(state_directory(os.environ) / "guard-authority")
    folder = Path(out)
    if server:
        write_certificates(folder / "server", _texts(office.server(server), "server-"))
        say(f"wrote {folder / 'server'}: for /etc/docker/tls of the guard's host")
    for name in names:
        write_certificates(folder / name, _texts(office.client(name)))
        say(f"wrote {folder / name}: for {name}, who may ask what certificate:{name} may")
    say(f"the authority is in {office.folder}; whoever has its key can be anybody")
    return 0


def _check(names: tuple[str, ...], server: tuple[str, ...]) -> None:
    """Raises UsageError."""
    if not names and not server:
        raise UsageError("nobody is named", hint="a NAME for each who asks; --server ADDRESS for the guard")
    for pattern, given in ((_NAME, names), (_HOST, server)):
        for one in given:
            if not pattern.fullmatch(one):
                raise UsageError(f"{one!r} can't stand in a certificate", hint="letters, digits, . _ @ and -")
    if "server" in names:
        raise UsageError("the guard's own certificate is called server", hint="name the client otherwise")


def _texts(made: PemFiles, prefix: str = "") -> dict[str, bytes]:
    return {
        "ca.pem": made.authority.encode(),
        f"{prefix}cert.pem": made.certificate.encode(),
        f"{prefix}key.pem": made.key.encode(),
    }
