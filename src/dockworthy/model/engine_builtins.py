"""What every engine has by itself: networks, and log drivers that send nothing to another machine."""

from __future__ import annotations

NETWORKS = ("bridge", "host", "none", "ingress", "docker_gwbridge")
"""The last two are a swarm's. Source: Docker's documentation of networks, `docker network ls`."""

LOG_DRIVERS = ("", "json-file", "local", "journald", "none")
"""`""`: the engine's default. Source: Docker's documentation of logging drivers."""
