"""A policy drafted from what was seen: what it lists, why, and what no policy would let pass."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from ...facts.host.root import Root
from ..host_network import what_of_host
from ..judges.registries import host_in, of_host
from ..way_in import WayIn
from .askers import drafted_roles
from .published import drafted_ports
from .state import AlikeObjects, ObservationState

_NAMED_GONE = 10


WaysIn = Callable[[str], WayIn | None]
"""Who on this host can enter what a container would write at a path."""


def draft(state: ObservationState, ways_in: WaysIn = lambda path: None) -> str:
    """A dockworthy.yaml. Its comments quote names that others chose: each stays one line."""
    seen = sorted(state.seen.values(), key=lambda one: (-one.count, one.kind, one.first))
    passed = sum(one.count for one in seen if not one.rules)
    every = sum(one.count for one in seen)
    days = f"between {_day(state.since)} and {_day(state.until)}"
    lines = [f"# Drafted from what was made {days}: {every} objects, {passed} of which pass as they are."]
    if state.gone:
        lines.append(_gone(state.gone))
    if state.beyond:
        lines.append(f"# {state.beyond} more are not told apart.")
    lines += ["# Read each line: what stands here is allowed to everybody.", "policy:", f"  level: {state.level}"]
    lists, roles = [*_lists(seen, ways_in), *map(_one_line, drafted_ports(state))], list(drafted_roles(state))
    lines += [*(["guard:"] if lists or roles else []), *lists, *roles]
    left = [one for one in seen if one.needs is None]
    if left:
        lines += ["", "# Refused whatever is listed here; change these, or leave them to an admin:"]
        for one in left:
            lines.append(f"#   {_named(one)}")
            lines += [f"#     {rule}: {_one_line(says)}" for rule, says in one.rules.items()]
    return "\n".join(lines) + "\n"


def _gone(gone: dict[str, int]) -> str:
    most = sorted(gone.items(), key=lambda each: -each[1])
    named = ", ".join(f"{name} ({count})" for name, count in most[:_NAMED_GONE])
    named += ", …" if len(most) > _NAMED_GONE else ""
    return _one_line(f"# {sum(gone.values())} more were gone before they could be looked at: {named}.")


def _lists(seen: list[AlikeObjects], ways_in: WaysIn) -> Iterator[str]:
    found: dict[str, dict[str, list[AlikeObjects]]] = defaultdict(lambda: defaultdict(list))
    for one in seen:
        for part, values in (one.needs or {}).items():
            for value in values:
                found[part][value].append(one)
    for host, those in _registries(seen).items():
        found["registries"][host] = those
    for part in sorted(found):
        yield f"  {part}:"
        for value in _needed(found[part]) if part == "binds" else sorted(found[part]):
            whose = found[part][value]
            others = f" and {len(whose) - 1} kinds more" if len(whose) > 1 else ""
            yield f"    # for {_named(whose[0])}{others}"
            way = ways_in(value) if part == "binds" and not value.endswith(":ro") else None
            if way is not None:
                yield _one_line(f"    # refused until others than root can't enter it: {way.remedy(value)}")
            yield f"    - {json.dumps(value)}"


def _registries(seen: Iterable[AlikeObjects]) -> dict[str, list[AlikeObjects]]:
    """All that were used, where one is the host itself: that one must be listed, and a list is all that there is."""
    found: dict[str, list[AlikeObjects]] = defaultdict(list)
    for one in seen:
        if one.image and not one.image.startswith("sha256:"):
            found[host_in(one.image) or "docker.io"].append(one)
    here = partial(what_of_host, Root(Path("/")))  # a draft is written on the host that was observed
    return found if any(of_host(host, what=here) for host in found) else {}


def _needed(binds: Iterable[str]) -> Iterator[str]:
    """Without what is read below a folder that is written anyway."""
    written = [bind for bind in binds if not bind.endswith(":ro")]
    for bind in sorted(binds):
        path = PurePosixPath(bind.removesuffix(":ro"))
        if bind in written or not any(path.is_relative_to(folder) for folder in written):
            yield bind


def _named(one: AlikeObjects) -> str:
    image = f" of {one.image}" if one.image else ""
    return _one_line(f"{one.kind} {one.first}{image}, {one.count} time{'s' if one.count > 1 else ''}")


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _day(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
