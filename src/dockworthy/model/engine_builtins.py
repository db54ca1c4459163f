"""What every engine has by itself: networks, and log drivers that send nothing to another machine."""

from __future__ import annotations

SWARM_NETWORKS = ("ingress", "docker_gwbridge")
"""By which a swarm publishes ports, and by which its tasks reach the outside. Both are taken over as they are where
they are there before the swarm. Source: Docker's documentation of swarm networks."""
NETWORKS = ("bridge", "host", "none", *SWARM_NETWORKS)
"""Source: Docker's documentation of networks, `docker network ls`."""

LOG_DRIVERS = ("", "json-file", "local", "journald", "none")
"""`""`: the engine's default. Source: Docker's documentation of logging drivers."""
