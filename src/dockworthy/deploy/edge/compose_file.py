"""The edge as a Compose project of its own: what it may do, and where it is reached. Pure."""

from __future__ import annotations

from typing import Any

from ...model.compose_project import ComposeProject, ComposeService, NetworkDefinition
from ...model.edge_network import EDGE_FRONT, EDGE_NETWORK, EDGE_PROJECT
from .haproxy.configuration import FILE, HEALTH_PORT, THREADS
from .haproxy.frontends import HTTP, HTTPS, RUN

PROJECT = EDGE_PROJECT
SERVICE = "proxy"
CONTAINER = f"{PROJECT}-{SERVICE}-1"
NETWORK = EDGE_NETWORK
"""What routed services join. It is internal: who joins it gets no way out of the host by that."""
SETTINGS = "/etc/edge"
USER = 64999
"""Nobody's number on a host."""

_HEALTH = (
    f"exec 3<>/dev/tcp/127.0.0.1/{HEALTH_PORT} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && "
    "read -r line <&3 && [[ $$line == *' 200 '* ]]"
)
"""`$$` is Compose's way to write a `$`."""
HEALTH_CHECK = {
    "test": ["CMD", "/bin/bash", "-c", _HEALTH],
    "interval": "10s",
    "timeout": "3s",
    "retries": 3,
    "start_period": "10s",
}


def health_check(*, has_shell: bool) -> dict[str, Any]:
    return HEALTH_CHECK if has_shell else {"disable": True}


def accepted(*, has_shell: bool) -> dict[str, str]:
    """What our own policy asks of it at level production and does not get: control -> why that is right here."""
    whys = {
        "workload/published-ports": "the edge is what a host shows to the world: its ports are open on every address"
    }
    if not has_shell:
        whys["workload/health-check"] = "this image has no shell to ask it with; each deploy probes the edge itself"
    return whys


def compose_file(
    image: str, folder: str, ports: tuple[int | None, int | None], *, cpus: int, has_shell: bool, swarm: bool = False
) -> ComposeProject:
    """`image` by id or digest; `folder`: where the host keeps the edge's files; `ports`: the host's for http and https.

    `cpus`: those of the host, which takes no limit above them. `swarm`: the network that services join is there
    already, and goes over several hosts.
    """
    published = [
        {"target": target, "published": str(port), "protocol": "tcp", "mode": "host"}
        for target, port in zip((HTTP, HTTPS), ports, strict=True)
        if port is not None
    ]
    service = {
        "image": image,
        "pull_policy": "never",
        "entrypoint": ["haproxy"],
        "command": ["-W", "-f", f"{SETTINGS}/current/{FILE}"],
        "user": f"{USER}:{USER}",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "always",
        "stop_signal": "SIGUSR1",
        "stop_grace_period": "30s",
        "mem_limit": "512m",
        "memswap_limit": "512m",
        "cpus": float(min(THREADS, cpus)),
        "pids_limit": 200,
        "ulimits": {"nofile": {"soft": 20000, "hard": 20000}, "core": 0},
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
        # The engine's DNS asks this one what it does not know itself: nothing answers there, at once.
        "dns": ["127.0.0.1"],
        "healthcheck": health_check(has_shell=has_shell),
        "volumes": [
            {"type": "bind", "source": f"{folder}/settings", "target": SETTINGS, "read_only": True,
             "bind": {"create_host_path": False}},
            {"type": "bind", "source": f"{folder}/run", "target": RUN, "bind": {"create_host_path": False}},
        ],
        "ports": published,
        # Engines do not find a swarm's network where it is a container's first.
        "networks": {"edge": None, "front": {"priority": 1} if swarm else None},
    }  # fmt: skip
    inner = {"name": NETWORK, "external": True} if swarm else {"name": NETWORK, "internal": True}
    return ComposeProject.of(
        PROJECT,
        {SERVICE: ComposeService.from_json(service)},
        networks={
            "edge": NetworkDefinition.from_json(inner),
            "front": NetworkDefinition.from_json({"name": EDGE_FRONT}),
        },
    )
