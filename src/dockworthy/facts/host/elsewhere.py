"""A root of another machine that runs, and what such a machine can be asked beyond its files.

Its programs are asked there, and only those that list and change nothing.
"""

from __future__ import annotations

import mmap
import shutil
from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from .programs import PATH, AskedProgram
from .root import Root


class RunningProgram(Protocol):
    """A program that runs; to be closed in any case."""

    def answer(self) -> mmap.mmap | bytes:
        """What it printed. Raises ProgramFailed."""

    def close(self) -> None: ...


class Elsewhere(Root):
    """Like any root; in addition what a reader on this machine asks the kernel for directly."""

    @abstractmethod
    def ask(self, command: list[str]) -> RunningProgram:
        """Starts a program there."""

    @abstractmethod
    def which(self, program: str) -> str:
        """The path of an installed program, `""` for none."""

    @abstractmethod
    def sockets_of(self, pid: int) -> tuple[Sequence[int], bool]:
        """(inodes of the sockets that a process has open, were some hidden)."""

    @abstractmethod
    def sees_same(self, pid: int, path: str) -> bool:
        """Does the process see the same file at this path?"""

    @abstractmethod
    def stanzas(self, path: str, names: Sequence[str]) -> bytes:
        """What a package list has of these packages, as the list writes it. Raises ProgramFailed."""


def ask(root: Root, command: list[str]) -> RunningProgram:
    """Starts a program on the machine that the root is of."""
    return root.ask(command) if isinstance(root, Elsewhere) else AskedProgram(command)


def which(root: Root, program: str) -> str:
    """The path of an installed program, `""` for none."""
    return root.which(program) if isinstance(root, Elsewhere) else shutil.which(program, path=PATH) or ""
