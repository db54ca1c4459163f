"""The exit status of every command, in one table: help and docs repeat it, scripts may rely on it."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.result import Answer, Result


class ExitStatus(IntEnum):
    """10 and up are failures to do the work at all, which say nothing of the question. An error has its own
    (errors.py); a command returns the others: of a release cli/deploying.py."""

    DONE = 0
    NOT_WORTHY = 1
    USAGE = 2
    UNDECIDED = 3
    FAILED = 10
    ENGINE_REFUSED = 11
    ENGINE_TIMEOUT = 12
    OUTPUT = 13
    BUG = 14
    HOST = 15
    NOT_PROVEN = 16
    OCCUPIED = 17
    ROLLED_BACK = 18
    NOT_TAKEN_BACK = 19
    NO_IMAGE = 20
    INTERRUPTED = 130


MEANINGS: dict[ExitStatus, str] = {
    ExitStatus.DONE: "worthy, or done",
    ExitStatus.NOT_WORTHY: "not worthy, or refused by policy",
    ExitStatus.USAGE: "the command line can't be used, or an input can't be read",
    ExitStatus.UNDECIDED: "undecided: facts are missing",
    ExitStatus.FAILED: "the Docker Engine does not answer, or did not do what was asked",
    ExitStatus.ENGINE_REFUSED: "the Docker Engine, or its socket's permissions, said no",
    ExitStatus.ENGINE_TIMEOUT: "the Docker Engine took the request and went silent",
    ExitStatus.OUTPUT: "the result could not be written",
    ExitStatus.BUG: "dockworthy itself failed: a bug",
    ExitStatus.HOST: "a host could not be reached over ssh, or did not let us in",
    ExitStatus.NOT_PROVEN: "nothing could be proven: a service does not start even unchanged",
    ExitStatus.OCCUPIED: "another dockworthy is at work on the same project",
    ExitStatus.ROLLED_BACK: "a release was not kept: what ran before, if anything, runs again",
    ExitStatus.NOT_TAKEN_BACK: "a release failed, and could not be taken back: look at it",
    ExitStatus.NO_IMAGE: "an image can't be had: its registry does not give it",
    ExitStatus.INTERRUPTED: "interrupted",
}


def status_of(result: Result) -> ExitStatus:
    """What the verdict means to a script; 2, whatever it says, where some input could not be read."""
    return ExitStatus.USAGE if result.unread else status_of_answer(result.verdict.answer)


def status_of_answer(answer: Answer) -> ExitStatus:
    """What an answer means to a script."""
    from ..model.result import Answer

    if answer in (Answer.YES, Answer.ACCEPTED):
        return ExitStatus.DONE
    return ExitStatus.UNDECIDED if answer is Answer.UNDECIDED else ExitStatus.NOT_WORTHY
