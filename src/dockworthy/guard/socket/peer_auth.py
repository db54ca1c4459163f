"""Who connected, as far as it shows at once: by the kernel's facts, or by a certificate."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl

from msgspec import Struct

from ..identity.identify import certificate, user
from ..identity.identity import NOBODY, Identity
from ..identity.peer import Peer, peer_of
from .connection_limits import SlotOwner


class Met(Struct):
    """The kernel's facts are read at once, names when they are first needed."""

    facts: Peer | Identity
    identity: Identity | None = None
    is_admin: bool = False
    role: str = ""
    grant: str = ""

    @property
    def name(self) -> str:
        """Without asking the engine."""
        if self.identity is not None:
            return self.identity.name
        facts = self.facts
        if isinstance(facts, Identity):
            return facts.name
        if facts.containers and (facts.foreign or facts.mounts):
            return f"container {facts.containers[-1][:12]}, as its control group is called"
        return f"{NOBODY.name}: {facts.foreign}" if facts.foreign else user(facts.uid).name

    @property
    def owner(self) -> SlotOwner:
        """A container's processes count as that container's, whatever user they run as. Who sees the host's own
        processes and mounts is in no container, whatever a control group is called."""
        facts = self.facts
        if isinstance(facts, Identity):
            return SlotOwner(facts.name)
        here = not facts.foreign and not (facts.containers and facts.mounts)
        return SlotOwner(
            self.name if here else f"{self.name} (uid {facts.uid})",
            is_root=here and not (facts.uid or facts.mounts),
            mounts="" if here else facts.mounts,
        )


def meet(transport: asyncio.BaseTransport) -> Met:
    """Never raises: who can't be looked up is nobody."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is not None:
        return Met(certificate(tls.getpeercert()))
    connection: socket.socket = transport.get_extra_info("socket")
    with socket.socket(fileno=os.dup(connection.fileno())) as own:  # uvloop's is not a whole one
        return Met(peer_of(own))
