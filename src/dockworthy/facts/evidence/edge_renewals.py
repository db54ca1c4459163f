"""Certificates of the edge whose renewal failed, as `dockworthy edge renew` and deploys remember it. One that went well
proves nothing of deploys, and is not told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from ...model.evidence import Drill, Task
from ...model.field import Source
from ..host.root import Root, clean

RENEWALS = "/var/lib/dockworthy/edge/renewals.json"


class _Failure(Struct):
    at: str = ""
    says: str = ""


class _Renewals(Struct):
    failed: dict[str, _Failure] = {}


def read_edge_renewals(root: Root) -> Iterator[Drill]:
    """Raises OSError where it may not be read. A damaged record tells nothing: the next renewal writes it anew."""
    try:
        kept = msgspec.json.decode(root.read_bytes(RENEWALS), type=_Renewals)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return
    for name, failure in sorted(kept.failed.items()):
        says = f"the certificate for {clean(name)} could not be renewed: {clean(failure.says)[:300]}"
        yield Drill("3.zero-downtime", Task.EDGE, "dockworthy edge renew", says, failure.at, False, Source(RENEWALS))
