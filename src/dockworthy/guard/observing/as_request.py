"""An object that is there, as the request that would make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ...readers.engine_context import EngineContext
from ..asked import Asked
from ..explaining import as_request

_API = "v1.45"
_CONFIG = frozenset(
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce Env Cmd"
    " Healthcheck Image Volumes WorkingDir Entrypoint Labels StopSignal StopTimeout".split()
)
_NETWORK = ("Name", "Driver", "Internal", "Attachable", "EnableIPv6", "IPAM", "Options", "Labels")


def container_request(inspect: Mapping[str, Any], context: EngineContext) -> Asked:
    """The engine has filled in what nobody wrote: what is its own default is taken for that."""
    config = {key: value for key, value in (inspect.get("Config") or {}).items() if key in _CONFIG}
    host = dict(inspect.get("HostConfig") or {})
    host.pop("ContainerIDFile", None)  # a path of the client's own machine, which the engine only repeats
    if host.get("CgroupnsMode") == ("private" if "cgroupns" in (context.features or ()) else "host"):
        del host["CgroupnsMode"]
    if context.log_driver and (host.get("LogConfig") or {}).get("Type") == context.log_driver:
        del host["LogConfig"]
    names = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    body = {**config, "HostConfig": host, "NetworkingConfig": {"EndpointsConfig": {name: {} for name in names}}}
    name = urlencode({"name": str(inspect.get("Name", "")).lstrip("/")})
    return as_request("POST", f"/{_API}/containers/create?{name}", json.dumps(body).encode())


def volume_request(volume: Mapping[str, Any], context: EngineContext) -> Asked:
    body = {"Name": volume.get("Name"), "Driver": volume.get("Driver"), "DriverOpts": volume.get("Options") or {}}
    return as_request("POST", f"/{_API}/volumes/create", json.dumps(body).encode())


def network_request(network: Mapping[str, Any], context: EngineContext) -> Asked:
    body = {key: network[key] for key in _NETWORK if key in network}
    return as_request("POST", f"/{_API}/networks/create", json.dumps(body).encode())


__all__ = ["container_request", "network_request", "volume_request"]
