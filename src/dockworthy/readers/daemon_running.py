"""What the engine's API tells of the daemon's running settings. Source: GET /info, GET /networks.

It outranks what is written: a changed daemon.json is not loaded before the engine restarts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.dialect import Version
from ..model.field import Origin, Set, Source
from ..model.snapshot import EngineFacts

_INFO = "GET /info"
_BRIDGE = "GET /networks/bridge"
_OPTION = "com.docker.network.bridge"
_ALWAYS_INSECURE = ("127.0.0.0/8", "::1/128")
UNSUPPORTED = "unsupported"
"""The seccomp profile of an engine, or a kernel, that has no seccomp."""
_TELLS_NO_NEW_PRIVILEGES_SINCE = Version(25, 0)


def running_settings(facts: EngineFacts, version: Version | None) -> dict[str, Set[Any]]:
    """Setting -> the value that runs. Settings that the API does not tell are left out."""
    running: dict[str, Set[Any]] = {}
    if isinstance(facts.info, Set):
        info = facts.info.value
        running.update(_plain(info))
        running.update(_security(info, version))
        running.update(_registries(info))
        running.update(_address_pools(info))
        running.update(_authorization(info))
    running.update(_default_bridge(facts))
    return running


def security_options(info: Mapping[str, Any]) -> dict[str, str] | None:
    """`name=seccomp,profile=builtin` -> {"seccomp": "builtin"}; None where the API does not tell."""
    options = info.get("SecurityOptions")
    if not isinstance(options, list):
        return None
    found = {}
    for option in options:
        parts = dict(part.partition("=")[::2] for part in str(option).split(","))
        found[parts.get("name", str(option))] = parts.get("profile", "")
    return found


_PLAIN: dict[str, tuple[str, type]] = {
    "LoggingDriver": ("log-driver", str),
    "LiveRestoreEnabled": ("live-restore", bool),
    "Debug": ("debug", bool),
    "DefaultRuntime": ("default-runtime", str),
    "DockerRootDir": ("data-root", str),
    "Driver": ("storage-driver", str),
    "ExperimentalBuild": ("experimental", bool),
}
"""Field of /info -> setting, and the type it must have to be believed."""


def _plain(info: Mapping[str, Any]) -> dict[str, Set[Any]]:
    known = ((key, name, info.get(key), kind) for key, (name, kind) in _PLAIN.items())
    return {name: _seen(value, key) for key, name, value, kind in known if isinstance(value, kind) and value != ""}


def _security(info: Mapping[str, Any], version: Version | None) -> dict[str, Set[Any]]:
    """User namespaces are `userns-remap` as true or false: the API does not tell which user."""
    options = security_options(info)
    if options is None:
        return {}
    running = {
        "userns-remap": "userns" in options,
        "rootless": "rootless" in options,
        "selinux-enabled": "selinux" in options,
        # Without the option neither kernel nor engine can filter system calls at all.
        "seccomp-profile": _seccomp(options["seccomp"]) if "seccomp" in options else UNSUPPORTED,
    }
    if "no-new-privileges" in options or (version is not None and version >= _TELLS_NO_NEW_PRIVILEGES_SINCE):
        running["no-new-privileges"] = "no-new-privileges" in options
    return {name: _seen(value, "SecurityOptions") for name, value in running.items()}


def _seccomp(profile: str) -> str:
    """Engines before 20.10 call their own profile `default`."""
    return "builtin" if profile in ("default", "builtin", "") else profile


def _registries(info: Mapping[str, Any]) -> dict[str, Set[Any]]:
    config = info.get("RegistryConfig")
    if not isinstance(config, dict):
        return {}
    networks = [str(cidr) for cidr in _list(config.get("InsecureRegistryCIDRs")) if cidr not in _ALWAYS_INSECURE]
    indexes = config.get("IndexConfigs")
    named = indexes.items() if isinstance(indexes, dict) else ()
    hosts = [str(name) for name, index in named if isinstance(index, dict) and index.get("Secure") is False]
    mirrors = [str(mirror) for mirror in _list(config.get("Mirrors"))]
    return {
        "insecure-registries": _seen(sorted(hosts + networks), "RegistryConfig.IndexConfigs"),
        "registry-mirrors": _seen(mirrors, "RegistryConfig.Mirrors"),
    }


def _address_pools(info: Mapping[str, Any]) -> dict[str, Set[Any]]:
    """The API names pools only where some are set; with none it leaves the field out."""
    pools = [pool for pool in _list(info.get("DefaultAddressPools")) if isinstance(pool, dict)]
    if not pools:
        return {}
    value = [{"base": str(pool.get("Base", "")), "size": pool.get("Size")} for pool in pools]
    return {"default-address-pools": _seen(value, "DefaultAddressPools")}


def _authorization(info: Mapping[str, Any]) -> dict[str, Set[Any]]:
    plugins = info.get("Plugins")
    if not isinstance(plugins, dict) or "Authorization" not in plugins:
        return {}
    names = [str(name) for name in _list(plugins["Authorization"])]
    return {"authorization-plugins": _seen(names, "Plugins.Authorization")}


def _default_bridge(facts: EngineFacts) -> dict[str, Set[Any]]:
    """The default bridge's own options; no such network means that the engine was told to make none."""
    if not isinstance(facts.networks, Set):
        return {}
    bridge = next((net for net in facts.networks.value if _is_default_bridge(net)), None)
    if bridge is None:
        return {"bridge": Set("none", Source("GET /networks"), Origin.MEASURED)}
    options = bridge.get("Options")
    if not isinstance(options, dict):
        return {}
    running: dict[str, Set[Any]] = {}
    for option, setting in {"enable_icc": "icc", "enable_ip_masquerade": "ip-masq"}.items():
        value = options.get(f"{_OPTION}.{option}")
        if value in ("true", "false"):
            place = Source(_BRIDGE, f"Options.{_OPTION}.{option}")
            running[setting] = Set(value == "true", place, Origin.MEASURED)
    return running


def _is_default_bridge(network: Mapping[str, Any]) -> bool:
    options = network.get("Options")
    by_option = isinstance(options, dict) and options.get(f"{_OPTION}.default_bridge") == "true"
    return by_option or (network.get("Name") == "bridge" and network.get("Driver") == "bridge")


def _seen(value: Any, path: str) -> Set[Any]:
    return Set(value, Source(_INFO, path), Origin.MEASURED)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
