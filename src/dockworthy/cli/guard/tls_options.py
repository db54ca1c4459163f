"""`--tls ADDRESS` and the papers for it: a socket of the guard's on a network address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...errors import UsageError
from ..output import say

if TYPE_CHECKING:
    from ...guard.audit.flood_limits import Told
    from ...guard.tls.certificates import LivingPapers
    from ...guard.tls.endpoint import TlsEndpoint

_FOLDER = "/etc/docker/tls"
_OPTIONS = (
    click.option(
        "--tls",
        metavar="ADDRESS",
        help="Also listen at this address, by TLS, for clients with a certificate: 192.0.2.7 or 192.0.2.7:2376.",
    ),
    click.option("--tlscacert", metavar="FILE", help=f"Who signs their certificates.  [default: {_FOLDER}/ca.pem]"),
    click.option("--tlscert", metavar="FILE", help=f"The guard's own.  [default: {_FOLDER}/server-cert.pem]"),
    click.option("--tlskey", metavar="FILE", help=f"The key of that.  [default: {_FOLDER}/server-key.pem]"),
)


def tls_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """As `tls`, `tlscacert`, `tlscert`, `tlskey`: the last three are called as dockerd calls them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def tls_endpoint(
    tls: str | None, tlscacert: str | None, tlscert: str | None, tlskey: str | None, *, told: Told
) -> tuple[TlsEndpoint | None, tuple[LivingPapers, ...]]:
    """What listens there, and its papers, to be followed. Raises UsageError; not where a keeper has a guard run here:
    then an engine waits for its plugin, whatever the certificates are.
    """
    given = {"tlscacert": tlscacert, "tlscert": tlscert, "tlskey": tlskey}
    files = {name: Path(file).absolute() for name, file in given.items() if file is not None}
    if tls is None:
        if files:
            raise UsageError(f"--{next(iter(files))} says nothing without --tls", hint="--tls 192.0.2.7")
        return None, ()
    from ...guard.socket_activation import handed
    from ...guard.tls.certificates import LivingPapers, Papers
    from ...guard.tls.endpoint import TlsEndpoint
    from ...harden.remote_access.address import place_of

    place = place_of(tls)
    papers = LivingPapers(Papers(**files), say, must=not handed())
    try:
        endpoint = TlsEndpoint(place, papers, told, say)
    except UsageError as error:
        if not handed():
            raise
        say(f"nobody is served by TLS: {error.says}")
        return None, (papers,)
    say(f"who has a certificate is served at {place.url}")
    return endpoint, (papers,)
