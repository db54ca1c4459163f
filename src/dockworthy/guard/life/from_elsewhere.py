"""The installed guard's address for who comes from elsewhere: planned, and measured."""

from __future__ import annotations

import ssl

from msgspec import structs

from ...errors import EngineError, UsageError
from ...harden.remote_access.address import Place, place_of
from ..tls.papers import Papers, context_of
from .record import People

_SECONDS = 10.0


def served_at(place: Place, people: People | None) -> People:
    """Raises UsageError where people have no socket, or the certificates in /etc/docker/tls can't be used."""
    if people is None:
        raise UsageError("--tls serves people from elsewhere, and here they have no socket", hint="--people")
    context_of(Papers())
    return structs.replace(people, tls=place.url.removeprefix("tcp://"))


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


__all__ = ["check_served", "served_at"]
