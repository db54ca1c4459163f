"""Tests of a policy: files in miniature, and what must be found in them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .field import Source
from .levels import Level


class ExpectedOutcome(StrEnum):
    """What a control must say of an example, by its worst finding. `not_asked`: there is no finding at all."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    EXCEPTED = "excepted"
    PENDING = "pending"
    PASS = "pass"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASKED = "not_asked"


class PolicyTest(Struct, frozen=True, forbid_unknown_fields=True, rename={"docker_run": "docker run"}):
    """One example, in exactly one syntax, and what is expected: control id -> outcome. `subject`: of this one alone."""

    name: str
    expect: dict[str, ExpectedOutcome]
    compose: str = ""
    kubernetes: str = ""
    dockerfile: str = ""
    marathon: str = ""
    titus: str = ""
    docker_run: str = ""
    subject: str = ""
    level: Level | None = None


class PolicyTests(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. `policy` is relative to it; without one, the nearest dockworthy.yaml above it is tested."""

    tests: tuple[PolicyTest, ...]
    policy: str = ""


class ControlAnswer(Struct, frozen=True):
    """What one control said: `facts` are those of its worst findings."""

    control: str
    expected: ExpectedOutcome
    said: ExpectedOutcome
    facts: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.expected is self.said


class ExampleAnswer(Struct, frozen=True):
    """One test with its answers; `problem` is why it could not be run."""

    name: str
    source: Source
    answers: tuple[ControlAnswer, ...] = ()
    problem: str = ""

    @property
    def is_right(self) -> bool:
        return not self.problem and all(answer.is_right for answer in self.answers)


class PolicyTestsAnswer(Struct, frozen=True):
    """All tests of the files. `untested` are rules of the policies that no test makes fail."""

    tests: tuple[ExampleAnswer, ...]
    untested: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
