"""Containers for one test: named after it, and removed with it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .engines import OwnEngine


class Containers:
    """Makes containers at an engine; call it like `docker run -d`."""

    def __init__(self, engine: OwnEngine, test_name: str, image: str) -> None:
        self._engine = engine
        self._prefix = "dockworthy-test-" + re.sub(r"[^a-zA-Z0-9_.-]+", "-", test_name).strip("-")
        self._image = image
        self.names: list[str] = []

    def __call__(
        self, *options: str, name: str = "", image: str = "", command: Sequence[str] = (), start: bool = True
    ) -> str:
        """`docker run -d OPTIONS IMAGE COMMAND` (`docker create` where not `start`). Returns the container's name."""
        full_name = f"{self._prefix}-{name or len(self.names) + 1}"
        self.names.append(full_name)  # first: a container that was made and did not start must be removed too
        verb = ("run", "--detach") if start else ("create",)
        self._engine.docker(*verb, "--name", full_name, *options, image or self._image, *command)
        return full_name

    def remove_all(self) -> None:
        if self.names:
            self._engine.docker("rm", "--force", "--volumes", *self.names, check=False)
