"""From flags to the create request that Docker's command line would send."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import UsageError
from . import values
from .command_line import Given
from .document import Document
from .flags import KEYS, PLACES, Kind
from .mounts import device, is_cdi, mount, volume
from .ports import expose, publish

_READ: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.TRUTH: values.truth,
    Kind.WHOLE: values.whole,
    Kind.SIZE: values.size,
    Kind.DURATION: values.duration,
}


def request_of(given: Given, folder: str) -> Document:
    """`folder`: where the command is called; "" leaves paths that start with a dot as they are.

    Raises UsageError, with the flag, for a value that Docker would not take.
    """
    document = Document()
    document.put("Image", given.image, "the image")
    if given.command:
        document.put("Cmd", list(given.command), "the command")
    for flag, value in given.flags:
        try:
            _write(document, flag, value, folder)
        except (ValueError, csv.Error) as error:
            raise UsageError(f"docker run: --{flag} {value}: not {error}") from error
    return document


def _write(document: Document, flag: str, value: str, folder: str) -> None:
    if flag in KEYS:
        kind, path = KEYS[flag]
        if kind is Kind.LIST:
            document.append(path, value, f"--{flag}")
        elif kind is Kind.MAP:
            key, _, text = value.partition("=")
            document.enter(path, key, text, f"--{flag}")
        else:
            document.put(path, _READ[kind](value), f"--{flag}")
    elif flag in _ONE_VALUE:
        document.put(PLACES[flag], _ONE_VALUE[flag](value), f"--{flag}")
    elif flag in _OWN_SYNTAX:
        _OWN_SYNTAX[flag](document, value, folder)


def _write_mount(document: Document, value: str, folder: str) -> None:
    """A driver's options may hold a password: the flag is told by its target."""
    made = mount(value, folder)
    document.append(PLACES["mount"], made, f"--mount target={made['Target']}")


def _write_volume(document: Document, value: str, folder: str) -> None:
    entry = volume(value, folder)
    if entry:
        document.append(PLACES["volume"], entry, f"--volume {value}")
    else:
        document.enter("Volumes", value, {}, f"--volume {value}")


def _write_tmpfs(document: Document, value: str, folder: str) -> None:
    target, _, options = value.partition(":")
    document.enter(PLACES["tmpfs"], target, options, f"--tmpfs {value}")


def _write_device(document: Document, value: str, folder: str) -> None:
    if is_cdi(value):
        document.append(PLACES["gpus"], {"Driver": "cdi", "DeviceIDs": [value]}, f"--device {value}")
    else:
        document.append(PLACES["device"], device(value), f"--device {value}")


def _write_gpus(document: Document, value: str, folder: str) -> None:
    """`all`, a number, or `device=0,capabilities=...`: which ones does not matter here, that there are does."""
    count = -1 if value == "all" else int(value) if value.isdigit() else 0
    document.append(PLACES["gpus"], {"Count": count, "Capabilities": [["gpu"]]}, f"--gpus {value}")


def _write_publish(document: Document, value: str, folder: str) -> None:
    for port, binding in publish(value):
        document.bind_port(port, binding, f"--publish {value}")


def _write_expose(document: Document, value: str, folder: str) -> None:
    for port in expose(value):
        document.enter("ExposedPorts", port, {}, f"--expose {value}")


def _write_network(document: Document, value: str, folder: str) -> None:
    """The first is the mode; `name=shop,alias=web` is the long form."""
    said = dict(part.partition("=")[::2] for part in value.split(",")) if "=" in value else {"name": value}
    name = said.get("name")
    if not name:
        raise ValueError("a network: it has no name")
    if PLACES["network"] not in document.flags:
        document.put(PLACES["network"], name, f"--network {value}")
    else:
        document.enter("NetworkingConfig.EndpointsConfig", name, {}, f"--network {value}")


def _write_security_opt(document: Document, value: str, folder: str) -> None:
    """`systempaths=unconfined` is Docker's command line's own word: it takes the masks off."""
    key, separator, _ = value.partition("=" if "=" in value else ":")
    if not separator and key != "no-new-privileges":
        raise ValueError("a security option like no-new-privileges or seccomp=unconfined")
    if value == "systempaths=unconfined":
        document.put("HostConfig.MaskedPaths", [], f"--security-opt {value}")
        document.put("HostConfig.ReadonlyPaths", [], f"--security-opt {value}")
    else:
        document.append(PLACES["security-opt"], value, f"--security-opt {value}")


def _write_ulimit(document: Document, value: str, folder: str) -> None:
    document.append(PLACES["ulimit"], values.ulimit(value), f"--ulimit {value}")


def _write_no_healthcheck(document: Document, value: str, folder: str) -> None:
    if values.truth(value):
        document.put(PLACES["health-cmd"], ["NONE"], "--no-healthcheck")


_ONE_VALUE: Mapping[str, Callable[[str], Any]] = {
    "cpus": values.cpus,
    "entrypoint": lambda program: [program],
    "health-cmd": lambda command: ["CMD-SHELL", command] if command else [],
    "restart": values.restart,
}
_OWN_SYNTAX: Mapping[str, Callable[[Document, str, str], None]] = {
    "device": _write_device,
    "expose": _write_expose,
    "gpus": _write_gpus,
    "mount": _write_mount,
    "network": _write_network,
    "no-healthcheck": _write_no_healthcheck,
    "publish": _write_publish,
    "security-opt": _write_security_opt,
    "tmpfs": _write_tmpfs,
    "ulimit": _write_ulimit,
    "volume": _write_volume,
}

__all__ = ["request_of"]
