"""How much a request may ask for. All of it is far above what people run, and little enough to be judged in a moment.

Each entry costs the guard a judgement, and many cost the engine a look-up; without bounds one request of 2 MB stops the
engine for everybody, because the engine waits for its plugin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .asked import NotCanonical, TooMuch

MOST_BYTES = 2 * 1024 * 1024
"""Of a body that is judged."""
MOST_ENTRIES = 200_000
"""Of all lists and objects of a body together."""
MOST_DEFAULT = 1000
"""Of a list, or of the names of an object, that is not named below."""

MOST_PATH = 4096
"""Characters of a path: PATH_MAX, with which the kernel takes it."""
MOST_DEEP = 64
"""Folders of a path. What people mount has ten."""
_PATHS = frozenset("source target device pathonhost pathincontainer path workingdir dir".split())
"""Keys, in small letters, whose texts are paths; `device` is an option of a volume."""
MOST_TASKS = 1000
"""Of one service: each costs the managers memory and a place in their log."""
_TASKS = frozenset(("replicas", "totalcompletions", "maxconcurrent"))
_BY_PATH = frozenset(("tmpfs", "volumes"))
"""Objects whose names are paths."""

_MOST_BY_NUMBER = {
    64: "VolumesFrom EndpointsConfig Networks DeviceRequests Ulimits SecurityOpt DeviceIDs Capabilities Placement",
    128: "Devices Links DeviceCgroupRules CapAdd CapDrop CapabilityAdd CapabilityDrop Options DriverOpts StorageOpt Dns"
    " DnsSearch DnsOptions GroupAdd Groups Annotations MaskedPaths ReadonlyPaths Aliases DNSNames LinkLocalIPs",
    256: "Sysctls Secrets Configs BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps"
    " BlkioDeviceWriteIOps",
    512: "Binds Mounts Volumes Tmpfs",
    4096: "Env Labels ExtraHosts Hosts Ports",
    16_384: "Cmd Entrypoint Args Command Shell Test OnBuild",
    32_768: "ExposedPorts PortBindings",
}
MOST: Mapping[str, int] = {name: most for most, names in _MOST_BY_NUMBER.items() for name in names.split()}
"""By the key under which the list or the object stands. Ports: media servers publish ranges of tens of thousands."""


def check_size(body: bytes) -> None:
    """Before it is read. Raises TooMuch."""
    if len(body) > MOST_BYTES:
        raise TooMuch(f"the body has more than {MOST_BYTES // 2**20} MiB")


def check_bounds(document: Any) -> None:
    """Before anything is looked up. Raises TooMuch, with every list and path that is too long; NotCanonical for a text
    that the kernel would end before its end."""
    too_long: list[str] = []
    entries = 0
    left: list[tuple[str, Any]] = [("", document)]
    while left:
        key, value = left.pop()
        if not isinstance(value, dict | list):
            continue
        entries += len(value)
        most = MOST.get(key, MOST_DEFAULT)
        texts: Iterable[Any] = ()
        if len(value) > most:
            too_long.append(f"{key or 'the body'} has {len(value)} entries, more than {most}")
        elif isinstance(value, dict):
            left += value.items()
            too_long += _long_paths(key, value)
            too_long += (
                f"{name} is {number}, more than {MOST_TASKS}"
                for name, number in value.items()
                if isinstance(number, int) and number > MOST_TASKS and name.casefold() in _TASKS
            )
            texts = (*value, *value.values())
        else:
            texts = value
            left += [("", item) for item in value if isinstance(item, dict | list)]
            if key.casefold() == "binds":
                too_long += (why for text in value for part in str(text).split(":") if (why := _why(key, part)))
        if any("\0" in text for text in texts if isinstance(text, str)):
            raise NotCanonical(f"a text in {key or 'the body'} holds a NUL, which ends it for the kernel")
    if too_long:
        raise TooMuch("; ".join(sorted(too_long)[:10]))
    if entries > MOST_ENTRIES:
        raise TooMuch(f"the body has {entries} entries, more than {MOST_ENTRIES}")


def _long_paths(key: str, value: dict[str, Any]) -> Iterator[str]:
    paths = list(value) if key.casefold() in _BY_PATH else []
    paths += [text for name, text in value.items() if isinstance(text, str) and name.casefold() in _PATHS]
    yield from (why for path in paths if (why := _why(key, path)))


def _why(key: str, path: str) -> str:
    """A text too long to be a path, or `""`."""
    if len(path) > MOST_PATH:
        return f"a path in {key or 'the body'} has {len(path)} characters, more than {MOST_PATH}"
    deep = sum(map(bool, path.split("/")))
    return f"a path in {key or 'the body'} has {deep} folders, more than {MOST_DEEP}" if deep > MOST_DEEP else ""


__all__ = [
    "MOST",
    "MOST_BYTES",
    "MOST_DEEP",
    "MOST_DEFAULT",
    "MOST_ENTRIES",
    "MOST_PATH",
    "MOST_TASKS",
    "check_bounds",
    "check_size",
]
