"""Files of certificates that will be replaced, kept beside as `….before`, to be put back where the new ones fail."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ...errors import HostError
from ...model.deploy_settings import Tls
from ..site import Site
from .due import Due

_ENDS = ("pem", "names")
_COPY = '[ ! -e "{0}" ] || {{ [ -f "{0}" ] && cp -p -- "{0}" "$f.half" && sync "$f.half" && mv -f "$f.half" "{1}"; }}'
_KEEP = _COPY.format("$f", "$f.before")
_PUT_BACK = _COPY.format("$f.before", "$f")


class Before:
    """Of what is due. Everything raises HostError."""

    def __init__(self, site: Site, due: Sequence[Due]) -> None:
        self._site = site
        files = [f"acme/{each.subject}.pem" for each in due if each.by is Tls.ACME]
        files += [f"internal/{each.subject}.{end}" for each in due if each.by is Tls.INTERNAL for end in _ENDS]
        folder = shlex.quote(f"{site.state}/edge")
        self._each = f"cd {folder} || exit 1\nfor f in {' '.join(map(shlex.quote, files))}; do"

    async def keep(self) -> None:
        await self._run(_KEEP)

    async def put_back(self) -> None:
        await self._run(_PUT_BACK)

    async def _run(self, script: str) -> None:
        done = await self._site.hand.run(f"{self._each} {script} || exit 1; done")
        if done.status:
            raise HostError(
                f"{self._site.name}: certificates in {self._site.state}/edge can't be kept: {done.words}",
                hint="is the disk full, or the file system read-only?",
            )
