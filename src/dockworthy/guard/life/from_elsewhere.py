"""The installed guard's address for who comes from elsewhere: planned, and measured."""

from __future__ import annotations

import ssl

from msgspec import structs

from ...errors import EngineError, UsageError
from ...harden.remote_access.address import place_of
from ..tls.certificates import Papers, context_of
from .record import People

_SECONDS = 10.0
OFF = "off"
"""Nobody is served from elsewhere any more."""


def served_at(tls: str, people: People | None) -> People | None:
    """`tls`: an address, or OFF. Raises UsageError where people have no socket, or the certificates in
    /etc/docker/tls can't be used."""
    if people is None and tls != OFF:
        raise UsageError("--tls serves people from elsewhere, and here they have no socket", hint="--people")
    if people is None or tls == OFF:
        return people and structs.replace(people, tls="")
    place = place_of(tls)
    context_of(Papers())
    return structs.replace(people, tls=place.url.removeprefix("tcp://"))


def in_words(now: People | None, before: People | None) -> tuple[str, ...]:
    """What changes for them."""
    was = before.tls if before else ""
    if now is not None and now.tls:
        return (f"who has a certificate is served at {now.tls}",)
    return (f"{was} is closed; what is open there goes on, for ten minutes at most",) if was else ()


def check_served(people: People) -> None:
    """The guard's own certificate is what is shown there. Raises EngineError."""
    if not people.tls:
        return
    place = place_of(people.tls)
    try:
        shown = ssl.get_server_certificate((place.address, place.port), timeout=_SECONDS)
    except OSError as error:
        raise EngineError(f"nobody speaks TLS at {people.tls}: {error.strerror or error}") from None
    if ssl.PEM_cert_to_DER_cert(shown) not in _own():
        raise EngineError(f"somebody else answers at {people.tls}: it shows another certificate")


def _own() -> set[bytes]:
    text = Papers().tlscert.read_text()
    end = ssl.PEM_FOOTER
    return {ssl.PEM_cert_to_DER_cert(part[part.index(ssl.PEM_HEADER) :] + end) for part in text.split(end)[:-1]}
