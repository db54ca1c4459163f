"""From flags to the create request that Docker's command line would send."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...errors import UsageError
from . import values
from .command_line import Given
from .flags import KEYS, PLACES, RunFlagKind
from .values import size, truth

_READ: dict[RunFlagKind, Callable[[str], Any]] = {
    RunFlagKind.TEXT: str,
    RunFlagKind.TRUTH: values.truth,
    RunFlagKind.WHOLE: values.whole,
    RunFlagKind.SIZE: values.size,
    RunFlagKind.DURATION: values.duration,
}


def request_of(given: Given, folder: str) -> RequestDocument:
    """`folder`: where the command is called; "" leaves paths that start with a dot as they are.

    Raises UsageError, with the flag, for a value that Docker would not take.
    """
    document = RequestDocument()
    document.put("Image", given.image, "the image")
    if given.command:
        document.put("Cmd", list(given.command), "the command")
    for flag, value in given.flags:
        try:
            _write(document, flag, value, folder)
        except (ValueError, csv.Error) as error:
            raise UsageError(f"docker run: --{flag} {value}: not {error}") from error
    return document


def _write(document: RequestDocument, flag: str, value: str, folder: str) -> None:
    if flag in KEYS:
        kind, path = KEYS[flag]
        if kind is RunFlagKind.LIST:
            document.append(path, value, f"--{flag}")
        elif kind is RunFlagKind.MAP:
            key, _, text = value.partition("=")
            document.enter(path, key, text, f"--{flag}")
        else:
            document.put(path, _READ[kind](value), f"--{flag}")
    elif flag in _ONE_VALUE:
        document.put(PLACES[flag], _ONE_VALUE[flag](value), f"--{flag}")
    elif flag in _OWN_SYNTAX:
        _OWN_SYNTAX[flag](document, value, folder)


def _write_mount(document: RequestDocument, value: str, folder: str) -> None:
    """A driver's options may hold a password: the flag is told by its target."""
    made = mount(value, folder)
    document.append(PLACES["mount"], made, f"--mount target={made['Target']}")


def _write_volume(document: RequestDocument, value: str, folder: str) -> None:
    entry = volume(value, folder)
    if entry:
        document.append(PLACES["volume"], entry, f"--volume {value}")
    else:
        document.enter("Volumes", value, {}, f"--volume {value}")


def _write_tmpfs(document: RequestDocument, value: str, folder: str) -> None:
    target, _, options = value.partition(":")
    document.enter(PLACES["tmpfs"], target, options, f"--tmpfs {value}")


def _write_device(document: RequestDocument, value: str, folder: str) -> None:
    if is_cdi(value):
        document.append(PLACES["gpus"], {"Driver": "cdi", "DeviceIDs": [value]}, f"--device {value}")
    else:
        document.append(PLACES["device"], device(value), f"--device {value}")


def _write_gpus(document: RequestDocument, value: str, folder: str) -> None:
    """`all`, a number, or `device=0,capabilities=...`: which ones does not matter here, that there are does."""
    count = -1 if value == "all" else int(value) if value.isdigit() else 0
    document.append(PLACES["gpus"], {"Count": count, "Capabilities": [["gpu"]]}, f"--gpus {value}")


def _write_publish(document: RequestDocument, value: str, folder: str) -> None:
    for port, binding in publish(value):
        document.bind_port(port, binding, f"--publish {value}")


def _write_expose(document: RequestDocument, value: str, folder: str) -> None:
    for port in expose(value):
        document.enter("ExposedPorts", port, {}, f"--expose {value}")


def _write_network(document: RequestDocument, value: str, folder: str) -> None:
    """The first is the mode; `name=shop,alias=web` is the long form."""
    said = dict(part.partition("=")[::2] for part in value.split(",")) if "=" in value else {"name": value}
    name = said.get("name")
    if not name:
        raise ValueError("a network: it has no name")
    if PLACES["network"] not in document.flags:
        document.put(PLACES["network"], name, f"--network {value}")
    else:
        document.enter("NetworkingConfig.EndpointsConfig", name, {}, f"--network {value}")


def _write_security_opt(document: RequestDocument, value: str, folder: str) -> None:
    """`systempaths=unconfined` is Docker's command line's own word: it takes the masks off."""
    key, separator, _ = value.partition("=" if "=" in value else ":")
    if not separator and key != "no-new-privileges":
        raise ValueError("a security option like no-new-privileges or seccomp=unconfined")
    if value == "systempaths=unconfined":
        document.put("HostConfig.MaskedPaths", [], f"--security-opt {value}")
        document.put("HostConfig.ReadonlyPaths", [], f"--security-opt {value}")
    else:
        document.append(PLACES["security-opt"], value, f"--security-opt {value}")


def _write_ulimit(document: RequestDocument, value: str, folder: str) -> None:
    document.append(PLACES["ulimit"], values.ulimit(value), f"--ulimit {value}")


def _write_no_healthcheck(document: RequestDocument, value: str, folder: str) -> None:
    if values.truth(value):
        document.put(PLACES["health-cmd"], ["NONE"], "--no-healthcheck")


_ONE_VALUE: Mapping[str, Callable[[str], Any]] = {
    "cpus": values.cpus,
    "entrypoint": lambda program: [program],
    "health-cmd": lambda command: ["CMD-SHELL", command] if command else [],
    "restart": values.restart,
}
_OWN_SYNTAX: Mapping[str, Callable[[RequestDocument, str, str], None]] = {
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


class RequestDocument:
    """`data` is the request's body; `flags` holds path -> the flag that wrote it."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.flags: dict[str, str] = {}

    def put(self, path: str, value: Any, flag: str) -> None:
        """Under a path of keys; what was there before is replaced, as by a flag that comes twice."""
        *parents, key = path.split(".")
        self._inside(parents)[key] = value
        self.flags[path] = flag

    def append(self, path: str, item: Any, flag: str) -> None:
        *parents, key = path.split(".")
        listed = self._inside(parents).setdefault(key, [])
        self.flags.setdefault(path, flag)
        self.flags[f"{path}[{len(listed)}]"] = flag
        listed.append(item)

    def enter(self, path: str, key: str, value: Any, flag: str) -> None:
        """Into a mapping whose keys are a person's own: they may have dots."""
        self._inside(path.split("."))[key] = value
        self.flags.setdefault(path, flag)
        self.flags[f"{path}.{key}"] = flag

    def bind_port(self, port: str, binding: dict[str, str], flag: str) -> None:
        path = "HostConfig.PortBindings"
        listed = self._inside(path.split(".")).setdefault(port, [])
        self.flags[f"{path}.{port}[{len(listed)}]"] = flag
        listed.append(binding)
        self.enter("ExposedPorts", port, {}, flag)

    def _inside(self, keys: list[str]) -> dict[str, Any]:
        part = self.data
        for key in keys:
            part = part.setdefault(key, {})
        return part


_NAMES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_SWITCHES = frozenset({"readonly", "volume-nocopy", "bind-nonrecursive"})
_MODES = re.compile(r"[rwm]{1,3}")
_CDI = re.compile(r"[A-Za-z][\w.-]*/[A-Za-z][\w-]*=[\w.:-]+", re.ASCII)


def mount(text: str, folder: str) -> dict[str, Any]:
    """`type=bind,source=/a,target=/b,readonly`: fields of CSV, `type` is `volume` where none is written."""
    made: dict[str, Any] = {"Type": "volume"}
    for field in next(csv.reader([text], strict=True), []):
        written, has_value, value = field.partition("=")
        name = _NAMES.get(written.lower(), written.lower())
        if not has_value and name not in _SWITCHES:
            raise ValueError(f"a mount: {field!r} is no key=value")
        _set(made, name, value if has_value else "true")
    if not made.get("Target"):
        raise ValueError("a mount: it needs a target")
    if made["Type"] == "bind" and made.get("Source"):
        made["Source"] = absolute(made["Source"], folder)
    return made


def _set(made: dict[str, Any], name: str, value: str) -> None:
    if name in ("type", "source", "target", "consistency"):
        made[name.capitalize()] = value.lower() if name == "type" else value
    elif name == "readonly":
        made["ReadOnly"] = truth(value)
    elif name.startswith("bind-"):
        _set_of_bind(made.setdefault("BindOptions", {}), name, value)
    elif name.startswith("volume-"):
        _set_of_volume(made.setdefault("VolumeOptions", {}), name, value)
    elif name == "tmpfs-size":
        made.setdefault("TmpfsOptions", {})["SizeBytes"] = size(value)
    elif name == "tmpfs-mode":
        made.setdefault("TmpfsOptions", {})["Mode"] = int(value, 8)
    else:
        raise ValueError(f"a mount: unknown key {name!r}")


def _set_of_bind(options: dict[str, Any], name: str, value: str) -> None:
    if name == "bind-propagation":
        options["Propagation"] = value.lower()
    elif name == "bind-nonrecursive":
        options["NonRecursive"] = truth(value)
    elif name == "bind-recursive":
        options["NonRecursive"] = value == "disabled"
    else:
        raise ValueError(f"a mount: unknown key {name!r}")


def _set_of_volume(options: dict[str, Any], name: str, value: str) -> None:
    driver = options.setdefault("DriverConfig", {})
    key, _, said = value.partition("=")
    if name == "volume-driver":
        driver["Name"] = value
    elif name == "volume-opt":
        driver.setdefault("Options", {})[key] = said
    elif name == "volume-label":
        options.setdefault("Labels", {})[key] = said
    elif name == "volume-nocopy":
        options["NoCopy"] = truth(value)
    elif name == "volume-subpath":
        options["Subpath"] = value
    else:
        raise ValueError(f"a mount: unknown key {name!r}")


def volume(text: str, folder: str) -> str:
    """An entry of `Binds`, a path that starts with a dot made whole; "" for a volume without a name (`/data`)."""
    parts = text.split(":")
    if len(parts) > 3 or not all(parts):
        raise ValueError("a volume like /srv/data:/data:ro")
    if len(parts) == 1:
        return ""
    return ":".join([absolute(parts[0], folder), *parts[1:]])


def absolute(path: str, folder: str) -> str:
    """Docker's command line takes a path that starts with a dot from the folder that it is called in."""
    return os.path.normpath(os.path.join(folder, path)) if path.startswith(".") and folder else path


def device(text: str) -> dict[str, str]:
    """`/dev/a`, `/dev/a:/dev/b`, `/dev/a:rwm`, `/dev/a:/dev/b:r`."""
    source, *rest = text.split(":")
    if not source or len(rest) > 2:
        raise ValueError("a device like /dev/fuse:/dev/fuse:rw")
    permissions = rest.pop() if rest and (len(rest) == 2 or _MODES.fullmatch(rest[-1])) else "rwm"
    return {"PathOnHost": source, "PathInContainer": rest[0] if rest else source, "CgroupPermissions": permissions}


def is_cdi(text: str) -> bool:
    """A device by its name in the Container Device Interface: `vendor.com/class=name`."""
    return _CDI.fullmatch(text) is not None


_EXPECTED = "a port like 127.0.0.1:8080:80/tcp"
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})


def publish(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """`80`, `8080:80`, `127.0.0.1:8080:80/udp`, `8000-8009:80-89`, `[::1]::80`, `published=8080,target=80`."""
    address, host, inside = _parts(_short_form(text))
    inside, _, written = inside.partition("/")
    protocol = _protocol(written)
    ports, outside = _range(inside), _range(host) if host else range(0)
    if outside and len(outside) != len(ports) and len(ports) != 1:
        raise ValueError(f"{_EXPECTED}: the ranges differ in length")
    for index, port in enumerate(ports):
        if outside and len(outside) == len(ports):
            host_port = str(outside[index])
        else:
            host_port = host  # one of several, or the engine's choice
        yield f"{port}/{protocol}", {"HostIp": address, "HostPort": host_port}


def expose(text: str) -> Iterator[str]:
    """`80`, `53/udp`, `8000-8010/tcp`."""
    ports, _, protocol = text.partition("/")
    return (f"{port}/{_protocol(protocol)}" for port in _range(ports))


def _short_form(text: str) -> str:
    if "=" not in text:
        return text
    said = dict(part.partition("=")[::2] for part in text.split(","))
    if not said.get("target") or not said.keys() <= {"target", "published", "protocol", "mode"}:
        raise ValueError(_EXPECTED)
    inside = f"{said['target']}/{said.get('protocol') or 'tcp'}"
    return f"{said['published']}:{inside}" if said.get("published") else inside


def _parts(text: str) -> tuple[str, str, str]:
    """Address, ports of the host and ports inside; an address may be IPv6, in brackets or not."""
    *front, inside = text.split(":")
    host = front.pop() if front else ""
    return ":".join(front).removeprefix("[").removesuffix("]"), host, inside


def _range(text: str) -> range:
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= 65535:
        raise ValueError(_EXPECTED)
    return range(first, last + 1)


def _protocol(text: str) -> str:
    protocol = text.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise ValueError(_EXPECTED)
    return protocol
