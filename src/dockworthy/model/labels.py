"""Labels that Compose, a stack and a swarm write on what they make: `Labels` of the Engine API.

Sources: docker/compose, pkg/api/labels.go; docker/cli, cli/compose/convert; moby, daemon/cluster/convert.
"""

from __future__ import annotations

from typing import Final

COMPOSE_PROJECT: Final = "com.docker.compose.project"
"""Of containers, networks and volumes, as the other labels of Compose that are said to be of a project."""
COMPOSE_SERVICE: Final = "com.docker.compose.service"
COMPOSE_VOLUME: Final = "com.docker.compose.volume"
"""On a volume: its key under `volumes`."""
COMPOSE_NETWORK: Final = "com.docker.compose.network"
"""On a network: its key under `networks`."""
COMPOSE_CONFIG_HASH: Final = "com.docker.compose.config-hash"
COMPOSE_ONEOFF: Final = "com.docker.compose.oneoff"
"""`True` on a container that `docker compose run` made."""
COMPOSE_REPLACE: Final = "com.docker.compose.replace"
"""On a container that takes the place of another one: the other one's id or name."""
COMPOSE_WORKING_DIR: Final = "com.docker.compose.project.working_dir"
COMPOSE_CONFIG_FILES: Final = "com.docker.compose.project.config_files"
"""Paths, with commas between them."""

STACK: Final = "com.docker.stack.namespace"
"""Of every object of a stack: `docker stack ps`, `services` and `rm` go by it."""
SWARM_TASK: Final = "com.docker.swarm.task.id"
"""On the container of a task."""
SWARM_SERVICE: Final = "com.docker.swarm.service.name"

REBALANCED_FROM: Final = "dockworthy.rebalanced-from"
"""Of a service while a task of it moves to another node: how many it is to have. A run that was killed is gone on with
by it, and it goes where a deploy says how many there are."""

RESTORE_BESIDE: Final = "dockworthy.restore-beside"
"""Of a container in which a restore loads a dump: the state folder whose lock that restore has."""

LOG_RECEIVER: Final = "dockworthy.receives-log-for"
"""Of a container that receives a database's log: the state folder in which that is kept."""

LOG_PROJECT: Final = "dockworthy.log-project"
"""On it: the project whose database that is."""

OWN_HELPERS: Final = (RESTORE_BESIDE, LOG_RECEIVER)
"""Either tells a container that dockworthy made for its own work: it is no service of anybody's."""

PROJECT_LABELS: Final = (COMPOSE_PROJECT, STACK)
"""Either names the project of an object."""
