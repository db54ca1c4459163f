"""The paths of the engine's files, by role, with owner and mode: whoever may write them owns the engine.

With it they own the host. A role with several places has its usual one first.
"""

from __future__ import annotations

import os
import stat
from functools import partial

from ...model.field import Field, Origin, Set, Source
from ...model.host import FileMode
from .names import Names
from .reading import guarded, missing
from .root import Root, clean
from .settings import EngineSettings

UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
UNITS = ("docker.service", "docker.socket", "containerd.service")

_PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec/docker", "/opt/bin")
_PROGRAMS = (
    "dockerd",
    "containerd",
    "containerd-shim",
    "containerd-shim-runc-v1",
    "containerd-shim-runc-v2",
    "runc",
    "docker-init",
    "docker-proxy",
    "docker",
    "ctr",
)
_REGISTRY_KEYS = (".key",)


def fixed_paths(settings: EngineSettings, socket: str) -> dict[str, str]:
    """Path -> role, for the files with a place of their own."""
    paths = {
        "/etc/docker": "etc.docker",
        settings.file_path: "daemon.json",
        "/etc/default/docker": "default.docker",
        "/etc/sysconfig/docker": "sysconfig.docker",
        "/etc/docker/certs.d": "certs.d",
        socket or "/var/run/docker.sock": "docker.sock",
        settings.pid_file: "docker.pid",
        settings.data_root: "data-root",
        settings.exec_root: "exec-root",
        "/etc/containerd": "etc.containerd",
        "/etc/containerd/config.toml": "containerd.toml",
        "/run/containerd": "run.containerd",
        settings.text("containerd") or "/run/containerd/containerd.sock": "containerd.sock",
        f"{settings.exec_root}/containerd/containerd.sock": "containerd.sock",
        "/root/.docker/config.json": "client.config",
    }
    return paths | tls_paths(settings)


def tls_paths(settings: EngineSettings) -> dict[str, str]:
    """Path -> `tls.ca`, `tls.cert`, `tls.key` where the engine uses TLS; its defaults lie in root's home."""
    uses = settings.is_on("tls") or settings.is_on("tlsverify")
    paths: dict[str, str] = {}
    for setting, role, default in (
        ("tlscacert", "tls.ca", "ca.pem"),
        ("tlscert", "tls.cert", "cert.pem"),
        ("tlskey", "tls.key", "key.pem"),
    ):
        path = settings.text(setting) or (f"/root/.docker/{default}" if uses else "")
        if path:
            paths[path] = role
    return paths


def registry_paths(root: Root) -> dict[str, str]:
    """Path -> role of what registries are trusted by: /etc/docker/certs.d/HOST/{ca.crt,client.cert,client.key}."""
    paths: dict[str, str] = {}
    for registry in root.names_or_none("/etc/docker/certs.d"):
        folder = f"/etc/docker/certs.d/{registry}"
        for name in root.names_or_none(folder):
            if name.endswith((".crt", ".cert")):
                paths[f"{folder}/{name}"] = "registry.cert"
            elif name.endswith(_REGISTRY_KEYS):
                paths[f"{folder}/{name}"] = "registry.key"
    return paths


def unit_paths(root: Root) -> dict[str, str]:
    """Path -> unit name, of unit files and their drop-ins, each file once whatever links lead to it."""
    paths: dict[str, str] = {}
    seen: set[str] = set()
    for unit in UNITS:
        for folder in UNIT_FOLDERS:
            drop_ins = f"{folder}/{unit}.d"
            names = [f"{drop_ins}/{name}" for name in root.names_or_none(drop_ins) if name.endswith(".conf")]
            for path in (f"{folder}/{unit}", *names):
                if _is_there(root, path) and root.identity(path) not in seen:
                    seen.add(root.identity(path))
                    paths[path] = unit
        if unit not in paths.values():
            paths[f"/usr/lib/systemd/system/{unit}"] = unit
    return paths


def program_paths(root: Root) -> dict[str, str]:
    """Path -> program, each file once; the usual place where a program isn't installed."""
    paths: dict[str, str] = {}
    seen: set[str] = set()
    for program in _PROGRAMS:
        found = [path for folder in _PROGRAM_FOLDERS if root.exists(path := f"{folder}/{program}")]
        for path in found or [f"/usr/bin/{program}"]:
            if root.identity(path) not in seen:
                seen.add(root.identity(path))
                paths[path] = program
    return paths


def _is_there(root: Root, path: str) -> bool:
    """Also as a link that leads nowhere: that is how systemd masks a unit."""
    try:
        root.stat(path, follow=False)
    except OSError:
        return False
    return True


def read_files(
    root: Root, settings: EngineSettings, names: Names, socket: str, own_socket: str = ""
) -> dict[str, Field[FileMode]]:
    """Path -> owner and mode, of what the path leads to. An absent file is Unset; its source's `path` is the role.
    `own_socket`: the engine's, where dockworthy's guard stands at `socket`."""
    own = {own_socket: "docker.sock", os.path.dirname(own_socket): "guarded.folder"} if own_socket else {}
    roles = fixed_paths(settings, socket) | own | registry_paths(root) | unit_paths(root) | program_paths(root)
    return {clean(path): guarded(partial(_read, root, names, path, role), clean(path)) for path, role in roles.items()}


def _read(root: Root, names: Names, path: str, role: str) -> Field[FileMode]:
    try:
        own = root.stat(path, follow=False)
        facts = _followed(root, path, own)
    except OSError as error:
        return missing(error, path, role)
    mode = FileMode(
        path=clean(path),
        role=role,
        kind=_kind(facts.st_mode),
        uid=facts.st_uid,
        gid=facts.st_gid,
        mode=stat.S_IMODE(facts.st_mode),
        owner=names.user(facts.st_uid),
        group=names.group(facts.st_gid),
    )
    real = root.identity(path)
    via = Source(clean(real)) if real != path else None
    return Set(mode, Source(clean(path), via=via), Origin.MEASURED)


def _followed(root: Root, path: str, own: os.stat_result) -> os.stat_result:
    """A link's target, or the link itself where it leads nowhere or to a device (a masked unit)."""
    if not stat.S_ISLNK(own.st_mode):
        return own
    try:
        target = root.stat(path)
    except FileNotFoundError:
        return own
    return own if stat.S_ISCHR(target.st_mode) else target


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "directory"
    if stat.S_ISSOCK(mode):
        return "socket"
    return "link" if stat.S_ISLNK(mode) else "file"
