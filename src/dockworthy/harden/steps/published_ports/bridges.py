"""Which interfaces of the host lead to containers: what comes from there is not from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ....controls.packet_filter.bridges import engine_bridges
from ....model.machine import Machine

_USUAL = ("docker0", "docker_gwbridge")
_MADE_BY_ENGINE = re.compile(r"br-[0-9a-f]{12}")


def inside_interfaces(machine: Machine, interfaces: Iterable[str]) -> list[str]:
    """Names for rules, `br-+` for all that begin so: networks that are made later are inside, too.

    Where a bridge of the host's own is called like that (`br-lan`), the engine's are named one by one.
    """
    ours = engine_bridges(machine)
    foreign = [name for name in interfaces if name.startswith("br-") and not _MADE_BY_ENGINE.fullmatch(name)]
    if any(name not in ours for name in foreign):
        return sorted({*_USUAL, *ours})
    chosen = {name for name in ours if not _MADE_BY_ENGINE.fullmatch(name)}
    return [*_USUAL, "br-+", *sorted(chosen - set(_USUAL))]
