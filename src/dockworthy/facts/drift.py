"""What changed in containers since their image, as the engine tells it: slow, it compares whole file systems."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ..errors import EngineError, EngineTimeout
from ..model.field import Field, Set, Unknown
from .asking import Asking, source_of, unknown

CHANGES_KEPT = 200
"""Of one container: enough to show what it is about, little enough to keep a snapshot small."""

_SECONDS = 1.5
"""For all containers together."""
_AT_ONCE = 4
"""More would keep the engine from its work, and go on there after we gave up."""

_KINDS = {0: "C", 1: "A", 2: "D"}


async def read_drift(asking: Asking, ids: Sequence[str]) -> dict[str, Field[tuple[str, ...]]]:
    """Container id -> what changed: `A /path` added, `C` changed, `D` deleted. Those not told in time are Unknown."""
    until = asyncio.get_running_loop().time() + _SECONDS
    slots = asyncio.Semaphore(_AT_ONCE)
    read = await asyncio.gather(*(_changes(asking, id, until, slots) for id in ids))
    return dict(zip(ids, read, strict=True))


async def _changes(asking: Asking, id: str, until: float, slots: asyncio.Semaphore) -> Field[tuple[str, ...]]:
    path = f"/containers/{id}/changes"
    source = source_of(path)
    try:
        async with slots:
            answer = await asking.connection.get(path, until=until)
    except EngineTimeout:
        late = f"the engine took longer than {_SECONDS} s to say what changed in the containers"
        return Unknown(late, tell=f"docker diff {id[:12]}", source=source)
    except EngineError as error:
        return unknown(error, source)
    if not isinstance(answer, list | None):
        return Unknown(f"what the engine answered to {source.where} is not what its API says", source=source)
    return Set(tuple(_change(item) for item in (answer or ())[:CHANGES_KEPT]), source)


def _change(item: Any) -> str:
    """`A /path`, as `docker diff` writes it; the API gives the kind as a number."""
    known = item if isinstance(item, dict) else {}
    return f"{_KINDS.get(known.get('Kind', -1), '?')} {known.get('Path', '')}"
