"""What `--mount`, `--volume` and `--device` say, as a create request says it. Each raises ValueError."""

from __future__ import annotations

import csv
import os
import re
from typing import Any

from .values import size, truth

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


__all__ = ["absolute", "device", "is_cdi", "mount", "volume"]
