"""Addresses of the engine at which the guard does not stand in front: it does not know who asks there."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.host_paths import without_var
from .engine_here import EngineHere
from .places import Places
from .record import People

_TOLD_BY = "`hosts` in daemon.json, -H on its command line, or ListenStream in docker.socket"


def past_the_guard(engine: EngineHere, places: Places, people: People | None) -> tuple[str, ...]:
    """`people`: the guard's socket for them, where it is or will be."""
    own = {str(places.engine_socket), *((people.path, people.endpoint.removeprefix("unix://")) if people else ())}
    known = {without_var(path) for path in own}
    return tuple(each for each in engine.also_at if without_var(each.removeprefix("unix://")) not in known)


def in_words(addresses: tuple[str, ...], *, people: bool) -> Iterator[str]:
    """`people`: they have a socket of the guard's, at which they are known."""
    for address in addresses:
        yield (
            f"WARNING: the engine also listens on {address}. The guard does not know who asks there: whoever reaches "
            f"that address may do all that the policy allows{', whatever role they have' if people else ''}. "
            f"{_way_out(address, people=people)}"
        )


def _way_out(address: str, *, people: bool) -> str:
    away = f"Remove this address where it is set ({_TOLD_BY}) and restart the engine"
    if address.startswith("unix://"):
        return f"{away}: programs find the guard at the engine's usual socket" if people else away
    if people:
        return (
            f"{away}; people from elsewhere then come by `guard install --tls ADDRESS`, with a certificate and a role"
        )
    return f"{away}, or let nobody reach it without a certificate: dockworthy harden --remote-access ADDRESS"
