"""The certificate that the edge shows for a name: what its clients see, not what stands in a file."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path

from ..observing.probe_connection import connected
from ..site import Site

_SECONDS = 5.0
_TRIES = 10.0
"""Seconds in which an old process may still take connections."""


class Shown:
    """By the host's own way to its port for https."""

    def __init__(self, site: Site, port: int) -> None:
        self._site = site
        self._port = port
        self._at: Path | tuple[str, int] | None = None

    async def certificate(self, name: str) -> bytes | None:
        """In DER; None where nobody answers. Raises HostError where there is no way to the host."""
        self._at = self._at or await self._site.tcp("127.0.0.1", self._port)
        try:
            async with asyncio.timeout(_SECONDS):
                _, writer = await connected(self._at, name.replace("*.", "edge.", 1))
        except (OSError, TimeoutError):
            return None
        shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        return shown

    async def wrong(self, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """Of `wanted` (name -> PEM text, its own certificate first), the names for which another one is shown, or none.

        What is not so at once may become so: it is asked again for ten seconds.
        """
        clock = asyncio.get_running_loop().time
        ends = clock() + _TRIES
        left = {name: first_in(text) for name, text in wanted.items()}
        while True:
            left = {name: der for name, der in left.items() if await self.certificate(name) != der}
            if not left or clock() > ends:
                return tuple(left)
            await asyncio.sleep(0.1)


def first_in(pem: str) -> bytes:
    """The first certificate of a PEM text, in DER. Raises ValueError where there is none."""
    end = "-----END CERTIFICATE-----"
    begin = pem.index("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(pem[begin : pem.index(end, begin) + len(end)])
