"""Is the engine on this host? Copies of what services bind are handed to it by their paths."""

from __future__ import annotations

from pathlib import Path

from ...engine.docker_command import Docker
from ...errors import UsageError
from .images import Image
from .owner import Owner

_HINT = "copies of what a service binds can't be handed to it there; run dockworthy on that host"


def refuse_ssh(endpoint: str) -> None:
    """Raises UsageError for an engine that is on another host for sure."""
    if endpoint.startswith("ssh://"):
        raise UsageError(f"--verify starts services on an engine of this host, and {endpoint} is another", hint=_HINT)


async def needs_this_host(docker: Docker, owner: Owner, image: Image, folder: Path, endpoint: str) -> None:
    """Raises UsageError where the engine does not see the run's folder, whose name is random.

    It is asked to make a container (never started) that has the folder: it refuses where there is none.
    """
    labels = [word for pair in owner.labels.items() for word in ("--label", "=".join(pair))]
    name = f"{owner.project}_here"
    mount = ("--mount", f"type=bind,source={folder},target=/dockworthy-verify")
    options = ("--name", name, "--network", "none", "--pull", "never", *mount, *labels)
    done = await docker.run("create", *options, image.id, "-")
    await docker.run("rm", "--force", "--volumes", name)
    if done.status != 0:
        raise UsageError(
            f"--verify starts services on an engine of this host, and {endpoint} does not see its files: {done.said}",
            hint=_HINT,
        )
