"""The paths of the engine's files, by role. A role with several places has its usual one first."""

from __future__ import annotations

from .root import Root
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
