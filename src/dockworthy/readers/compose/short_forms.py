"""The short forms `SOURCE:TARGET:MODE` of mounts and devices, taken apart."""

from __future__ import annotations

import posixpath
import re

from .entry import Entry

_DRIVE = re.compile(r"[^\W\d_]:")
"""Compose takes one letter before a colon for a drive of Windows, also the volume `v` in `v:/data`."""


def parts_of(text: str) -> list[str]:
    """At the colons, but for those of a drive (`C:\\data:/data`)."""
    drive = text[:2] if _DRIVE.match(text) else ""
    first, *others = text[len(drive) :].split(":")
    return [drive + first, *others]


def is_drive(text: str) -> bool:
    return _DRIVE.match(text) is not None


def target_of_mount(entry: Entry) -> str:
    """The path inside the container."""
    if entry.is_mapping:
        return cleaned(entry.word("target"))
    parts = parts_of(entry.text())
    return cleaned(parts[0] if len(parts) == 1 else parts[1])


def cleaned(path: str) -> str:
    """Without a slash at its end, doubled slashes and `..`, as Compose hands it on."""
    return posixpath.normpath(path) if path.startswith("/") else path


def target_of_device(entry: Entry) -> str:
    if entry.is_mapping:
        return entry.word("target") or entry.word("source")
    parts = entry.text().split(":")
    return parts[1] if len(parts) > 1 and parts[1].startswith("/") else parts[0]
