"""Which modules PAM asks when somebody logs in by ssh: pam.conf(5), the `auth` lines of the service `sshd`."""

from __future__ import annotations

import re

from ...model.field import Field
from .reading import written
from .root import Root, clean

_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d")
_LINE = re.compile(r"-?auth\s+(?:\[[^\]]*\]|\S+)\s+(\S+)")
_INCLUDE = re.compile(r"(?:@include|-?auth\s+(?:include|substack))\s+(\S+)")
_MOST_DEPTH = 8


def read_ssh_login_modules(root: Root) -> Field[tuple[str, ...]]:
    """Names without folder and ending, included files in their place. Unset where PAM knows no ssh."""
    modules: list[str] = []
    path = _read(root, "sshd", modules, 0)
    return written(tuple(dict.fromkeys(modules)), path)


def _read(root: Root, service: str, modules: list[str], depth: int) -> str:
    path = next((f"{folder}/{service}" for folder in _FOLDERS if root.exists(f"{folder}/{service}")), "")
    path = path or f"{_FOLDERS[0]}/{service}"
    for line in root.read(path).replace("\\\n", " ").splitlines():
        include, module = _INCLUDE.match(line.strip()), _LINE.match(line.strip())
        if include and depth < _MOST_DEPTH:
            _read(root, include[1], modules, depth + 1)
        elif module and not include:
            modules.append(clean(module[1].rsplit("/", 1)[-1].removesuffix(".so")))
    return path
