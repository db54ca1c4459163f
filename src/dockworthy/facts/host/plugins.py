"""What is registered at the engine as a plugin, by its files, and whether somebody listens there.

Source: pkg/plugins/discovery.go of the engine: sockets in /run/docker/plugins, and files NAME.spec (an address) and
NAME.json (`Addr`) in two more folders, each of them also as NAME/NAME.sock; a socket goes before files of its name.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from urllib.parse import urlsplit

from ...model.field import Field, Source, Unset
from ...model.host import PluginFile
from .reading import TELL_ROOT, measured
from .root import Root, clean
from .sockets import SocketTables

SOCKETS = "/run/docker/plugins"
_FILES = ("/etc/docker/plugins", "/usr/lib/docker/plugins")
_HERE = ("localhost", "127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}


def read_plugins(root: Root, sockets: SocketTables) -> Field[tuple[PluginFile, ...]]:
    """Unset where no folder of plugins is there. Raises OSError where one can't be read."""
    found: dict[str, PluginFile] = {}
    for path in _sockets(root):
        name = path.rsplit("/", 1)[-1].rpartition(".")[0]
        found.setdefault(name, _judged(root, sockets, path, f"unix://{path}"))
    for folder in _FILES:
        for name, path in _files(root, folder):
            if name not in found:
                found[name] = _of_file(root, sockets, path)
    if not found and not any(root.exists(folder) for folder in (SOCKETS, *_FILES)):
        return Unset(Source(SOCKETS))
    return measured(tuple(found.values()), SOCKETS)


def _names(root: Root, folder: str) -> list[str]:
    try:
        return root.names(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sockets(root: Root) -> Iterator[str]:
    for name in _names(root, SOCKETS):
        path = f"{SOCKETS}/{name}"
        try:
            mode = root.stat(path, follow=False).st_mode
            if stat.S_ISDIR(mode):
                path = f"{path}/{name}.sock"
                mode = root.stat(path).st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISSOCK(mode):
            yield path


def _files(root: Root, folder: str) -> Iterator[tuple[str, str]]:
    """(name of the plugin, path)."""
    for entry in _names(root, folder):
        name, _, ending = entry.rpartition(".")
        if name and ending in ("spec", "json"):
            yield name, f"{folder}/{entry}"
            continue
        inner = (f"{folder}/{entry}/{entry}.{kind}" for kind in ("spec", "json"))
        path = next((path for path in inner if root.exists(path)), "")
        if path:
            yield entry, path


def _of_file(root: Root, sockets: SocketTables, path: str) -> PluginFile:
    try:
        text = root.read(path)
        address = str(json.loads(text)["Addr"]) if path.endswith(".json") else text
    except OSError as error:
        return PluginFile(clean(path), gap=f"it can't be read: {(error.strerror or 'failed').lower()}", tell=TELL_ROOT)
    except (ValueError, KeyError, TypeError, RecursionError):
        return PluginFile(clean(path), gap="it tells no address that the engine could read")
    return _judged(root, sockets, path, address.strip())


def _judged(root: Root, sockets: SocketTables, path: str, address: str) -> PluginFile:
    shown = _without_user(address)
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return PluginFile(clean(path), shown, gap="its address is none")
    if parts.scheme == "unix":
        answers = sockets.may_listen_at(parts.path)
        if answers is False and not root.as_root:
            return PluginFile(clean(path), shown, gap="who listens there only root sees", tell=TELL_ROOT)
    elif parts.hostname in _HERE and port and sockets.of_host().present:
        answers = any(item.port == port and item.protocol.startswith("tcp") for item in sockets.of_host().net)
    else:
        return PluginFile(clean(path), shown, gap="it is on another host", tell="ask there whether the plugin runs")
    if answers is None:
        return PluginFile(clean(path), shown, gap="whether somebody listens there can't be told", tell="sudo ss -xlp")
    return PluginFile(clean(path), shown, answers=answers)


def _without_user(address: str) -> str:
    """An address may hold a password."""
    scheme, mark, rest = clean(address).partition("://")
    host, slash, way = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{way.partition('?')[0]}"[:200]
