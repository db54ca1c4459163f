"""A seccomp profile, as an engine reads its JSON.

Keys count in any case, as for Go. An action is no denial where another program decides (`SCMP_ACT_NOTIFY`, and
`SCMP_ACT_TRACE`, whose tracer may be a process of the container). Source: moby profiles/seccomp/seccomp_linux.go; OCI
runtime spec, config-linux.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from textwrap import shorten
from typing import Any, Final, TypeVar

from ..model.call_filter import KEPT_BY_DEFAULT, CallFilter
from ..model.field import Field, Set, Source, Unknown

MOST_BYTES: Final = 1024 * 1024
_DENIES: Final = frozenset(f"SCMP_ACT_{name}" for name in "ERRNO KILL KILL_PROCESS KILL_THREAD TRAP".split())
_EVERYBODY_HAS: Final = frozenset(
    f"CAP_{name}"
    for name in (
        "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL"
        " AUDIT_WRITE"
    ).split()
)
"""Capabilities of a container to which none were added: a condition that names them is none."""


def read_profile(text: str, source: Source, name: str = "the seccomp profile") -> Field[CallFilter]:
    """`name`: what a sentence calls it. Unknown for what is no profile, or could be read in two ways."""
    try:
        profile = json.loads(text, object_pairs_hook=_as_go_reads)
        return Set(CallFilter(tuple(_let_through(profile))), source)
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:
        why = str(error)
    return Unknown(f"{name} can't be read as one: {shorten(why, 160)}", source=source)


def both(one: Field[CallFilter], other: Field[CallFilter]) -> Field[CallFilter]:
    """Where either of two may be in force."""
    if not isinstance(one, Set) or not isinstance(other, Set):
        return other if isinstance(one, Set) else one
    either = {*one.value.lets_through, *other.value.lets_through}
    return Set(CallFilter(tuple(call for call in KEPT_BY_DEFAULT if call in either)), one.source)


def _as_go_reads(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError for a key that comes twice: readers differ in which counts."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        folded = key.casefold()
        if folded in found:
            raise ValueError(f"the key {key!r} comes twice")
        found[folded] = value
    return found


def _let_through(profile: Any) -> Iterator[str]:
    """A profile that says nothing switches seccomp off. Raises ValueError for what is no profile."""
    profile = _of_kind(dict, profile, "it")
    default = _of_kind(str, profile.get("defaultaction"), "defaultAction", absent="")
    opened, denied = set[str](), set[str]()
    for entry in _of_kind(list, profile.get("syscalls"), "syscalls", absent=[]):
        entry = _of_kind(dict, entry, "an entry of syscalls")
        names = {*_texts(entry, "names"), _of_kind(str, entry.get("name"), "name", absent="")}
        if _of_kind(str, entry.get("action"), "action", absent="") not in _DENIES:
            opened |= names if _may_apply(_of_kind(dict, entry.get("includes"), "includes", absent={})) else set()
        elif not any(entry.get(condition) for condition in ("args", "includes", "excludes")):
            denied |= names
    for call in KEPT_BY_DEFAULT:
        if call in opened or (default not in _DENIES and call not in denied):
            yield call


def _may_apply(condition: Mapping[str, Any]) -> bool:
    """To a container without added capabilities. Architectures, kernels and arguments can be written so that they
    always do."""
    return _texts(condition, "caps") <= _EVERYBODY_HAS


def _texts(entry: Mapping[str, Any], key: str) -> set[str]:
    return {_of_kind(str, each, key) for each in _of_kind(list, entry.get(key), key, absent=[])}


_KINDS: Final = {dict: "JSON object", list: "list", str: "text"}
_Kind = TypeVar("_Kind", dict[str, Any], list[Any], str)


def _of_kind(kind: type[_Kind], value: Any, what: str, *, absent: _Kind | None = None) -> _Kind:
    """`absent`: what null stands for, as nothing does. Raises ValueError."""
    if value is None and absent is not None:
        return absent
    if not isinstance(value, kind):
        raise ValueError(f"{what} is no {_KINDS[kind]}")
    return value
