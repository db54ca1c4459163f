"""What the objects of a project are called on a swarm, and the labels by which they are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.filters import filters
from ....model.hosts import HOST_LABEL
from ....model.labels import STACK

IMAGE = "com.docker.stack.image"
JOB = "dockworthy.job"
"""On a service that runs once: which of the project's it is."""
PORTS = "dockworthy.ports"
"""On a container: the ports of its host that it has, so that a task tells them."""


def service_name(project: str, service: str) -> str:
    return f"{project}_{service}"


def job_name(project: str, job: str) -> str:
    return f"{project}_{job}-job"


def node_name(node: Mapping[str, Any]) -> str:
    """As dockworthy.yaml calls it, where that does (`hosts add` puts that on a label), else its host's own name."""
    return str((node["Spec"].get("Labels") or {}).get(HOST_LABEL) or node["Description"]["Hostname"])


def of_project(project: str) -> str:
    """The query that leaves only a project's objects."""
    return f"?{filters(label=[f'{STACK}={project}'])}"
