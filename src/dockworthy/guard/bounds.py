"""How much a request may ask for. All of it is far above what people run, and little enough to be judged in a moment.

Each entry costs the guard a judgement, and many cost the engine a look-up; without bounds one request of 2 MB stops the
engine for everybody, because the engine waits for its plugin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .request import NotCanonical, TooMuch

MOST_BYTES = 2 * 1024 * 1024
"""Bytes of a body that is judged."""
MOST_ENTRIES = 200_000
"""Entries of all lists and objects of a body together."""
MOST_DEFAULT = 1000
"""Entries of a list or an object that is not named below."""

MOST_KEPT = 128 * 1024
"""Bytes of all names and texts of a body: what the engine keeps of it, as long as the object is there, outside of every
limit. It takes about twelve times as much memory."""
MOST_KEPT_IN = {"Labels": 64 * 1024, "Annotations": 64 * 1024}
"""Bytes of these alone: lists and events repeat the labels each time."""
_PAYLOAD = "Data"
"""The content of a secret or config, at the top of its body: the engine bounds it itself (500 and 1,000 KiB)."""
MOST_OF_PROJECT = 500
"""Containers, and as many of each other kind, that roles limited to projects may make there."""
MOST_NAME = 255
"""Characters of a name in the query."""

MOST_PATH = 4096
"""Characters of a path: PATH_MAX, with which the kernel takes it."""
MOST_DEEP = 64
"""Folders of a path. What people mount has ten."""
_PATHS = frozenset("source target device pathonhost pathincontainer path workingdir dir".split())
"""Keys, in small letters, whose texts are paths; `device` is an option of a volume."""
MOST_TASKS = 1000
"""Tasks of one service: each costs the managers memory and a place in their log."""
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
    1024: "Ports",
    4096: "Env Labels ExtraHosts Hosts PortBindings",
    16_384: "Cmd Entrypoint Args Command Shell Test OnBuild ExposedPorts",
}
MOST: Mapping[str, int] = {name: most for most, names in _MOST_BY_NUMBER.items() for name in names.split()}
"""Key of a list or an object -> how many entries it may have. Ports: media servers expose ranges of ten thousand."""


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
    check_kept(document)


def check_kept(*documents: Any) -> None:
    """What an object is made of, all of it together: a request, and the configuration of its image. Raises TooMuch."""
    kept = sum(map(_kept_of, documents))
    if kept > MOST_KEPT:
        raise TooMuch(f"all its names and texts together have {kept} bytes, more than {MOST_KEPT // 1024} KiB")
    for key, most in MOST_KEPT_IN.items():
        kept = sum(_kept_in(document, key) for document in documents)
        if kept > most:
            raise TooMuch(f"{key} has {kept} bytes, more than {most // 1024} KiB")


def _kept_of(document: Any) -> int:
    if isinstance(document, dict) and isinstance(document.get(_PAYLOAD), str):
        document = {name: value for name, value in document.items() if name != _PAYLOAD}
    return _bytes_of(document)


def _kept_in(document: Any, key: str) -> int:
    """Wherever objects of that name stand, all of them."""
    found, left = 0, [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            found += _bytes_of(value[key]) if key in value else 0
            left += [each for name, each in value.items() if name != key and isinstance(each, dict | list)]
        elif isinstance(value, list):
            left += [each for each in value if isinstance(each, dict | list)]
    return found


def _bytes_of(document: Any) -> int:
    found, left = 0, [document]
    while left:
        value = left.pop()
        if isinstance(value, str):
            found += len(value) if value.isascii() else len(value.encode(errors="surrogatepass"))
        elif isinstance(value, dict):
            left += value
            left += value.values()
        elif isinstance(value, list):
            left += value
    return found


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
