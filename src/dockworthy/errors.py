"""Errors that reach a person.

DockworthyError            exit status of its own, a sentence, and a hint
├── Refused                1   it may not be done: a rule, or what belongs to another, says no
├── UsageError             2   the command line or a file it names can't be used
│   └── UnreadableInput    2   a file that was read is not what it should be (file and line)
├── EngineError            10  the Docker Engine
│   ├── EngineUnreachable  10  nobody answers at the endpoint
│   │   └── HostAway       15  the ssh connection to its host has ended: nobody knows how the engine is
│   ├── EngineRefused      11  it answered: not allowed
│   ├── EngineTimeout      12  it took the connection and went silent
│   └── ImageUnavailable   20  a registry does not give an image
├── OutputError            13  the result could not be written
├── HostError              15  a host could not be reached over ssh, or did not let us in
├── NotProven              16  a service does not come up as it is (fix/verify)
└── Occupied               17  another one is at work on the same
"""

from __future__ import annotations

from typing import ClassVar


class DockworthyError(Exception):
    """Something a person can mend: `says` what happened and where, `hint` the next thing to do.

    `excerpt` are lines that show the place, with a caret under it.
    """

    exit_status: ClassVar[int] = 10

    def __init__(self, says: str, *, hint: str = "", excerpt: tuple[str, ...] = ()) -> None:
        super().__init__(says)
        self.says = says
        self.hint = hint
        self.excerpt = excerpt


class Refused(DockworthyError):
    """It may not be done: a rule, or what belongs to another project, says no."""

    exit_status = 1


class UsageError(DockworthyError):
    """The command line, or a file that it names, can't be used."""

    exit_status = 2


class UnreadableInput(UsageError):
    """A file is not what it should be; knows the file and, where there is one, the line (from 1)."""

    def __init__(
        self, says: str, *, file: str, line: int | None = None, hint: str = "", excerpt: tuple[str, ...] = ()
    ) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {says}", hint=hint, excerpt=excerpt)
        self.file = file
        self.line = line
        self.problem = says


class EngineError(DockworthyError):
    """The Docker Engine did not do what was asked."""


class EngineUnreachable(EngineError):
    """Nobody answers at the endpoint."""


class HostAway(EngineUnreachable):
    """The ssh connection through which an engine was asked has ended: it says nothing of the engine."""

    exit_status = 15


class EngineRefused(EngineError):
    """The engine, or the permissions of its socket, said no."""

    exit_status = 11


class EngineTimeout(EngineError):
    """The engine took the request and did not answer before the deadline."""

    exit_status = 12


class ImageUnavailable(EngineError):
    """The engine works, and an image can't be had: its registry does not give it."""

    exit_status = 20


class OutputError(DockworthyError):
    """The result could not be written where it was asked for."""

    exit_status = 13


class HostError(DockworthyError):
    """A host could not be reached over ssh, did not let us in, or was lost before anything was read."""

    exit_status = 15


class Occupied(DockworthyError):
    """Another one is at work on the same project, or took over while this one was paused."""

    exit_status = 17
