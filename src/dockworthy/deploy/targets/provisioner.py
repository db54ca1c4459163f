"""What a target must know of a project before it is planned: can it be made there, and by which hash it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ...model.compose_project import ComposeProject
from ..compose_command import ComposeCommand
from .migration import must_be_joined, must_have_files


class Maker(Protocol):
    """Who makes a project's containers. Changes nothing."""

    adopts: bool
    """Does it know containers that were made from the person's own files, unpinned and not at the edge?"""

    def refuse(self, spec: ComposeProject, services: Sequence[str], files: Sequence[str]) -> None:
        """Raises UsageError, with file and line, for what it can't make. `spec`: as Compose renders the files."""

    async def fitted(self, spec: ComposeProject) -> tuple[ComposeProject, tuple[str, ...]]:
        """The rendered project as it can be made there, and what is worth knowing of that. Raises UsageError."""

    async def hashes_of(self, spec: ComposeProject) -> dict[str, str]:
        """Service of a pinned project -> the hash that its tasks will have."""


class ComposeMaker:
    """Takes all that Compose takes. `networks`: those that a swarm has here -> may containers of Compose join it."""

    adopts = True

    def __init__(self, compose: ComposeCommand, networks: Mapping[str, bool] = {}) -> None:
        self._compose = compose
        self._networks = networks

    def refuse(self, spec: ComposeProject, services: Sequence[str], files: Sequence[str]) -> None:
        must_have_files(spec, services)
        must_be_joined(spec, self._networks)

    async def fitted(self, spec: ComposeProject) -> tuple[ComposeProject, tuple[str, ...]]:
        return spec, ()

    async def hashes_of(self, spec: ComposeProject) -> dict[str, str]:
        return await self._compose.hashes_of(spec)
