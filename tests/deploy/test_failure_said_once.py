"""Why a deploy failed is said once, at the end, with what to do; meanwhile its log is shown, and that it goes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import structs

from dockworthy.deploy.rolling_out import RollOut
from dockworthy.deploy.targets.target import StepFailed
from dockworthy.errors import DockworthyError, EngineError, EngineUnreachable, HostAway, HostError
from dockworthy.model.release import Release, ReleaseState
from dockworthy.model.rollout import RolloutPlan, RolloutStep, StepKind
from dockworthy.report.deploy import render_release

from .planning.projects import release
from .roll_outs import Parts

BEGUN = structs.replace(release(), state=ReleaseState.PREPARED, jobs=())
FAILS = StepFailed("web", "web is unhealthy", log=("no database",), hint="`deploy.healthy_within` gives more")


def told(parts: Any, begun: Release = BEGUN) -> tuple[list[str], str]:
    """What is said meanwhile, and at the end."""
    said: list[str] = []
    step = RolloutStep(kind=StepKind.REPLACE, subject="web", says="replace web")
    plan = RolloutPlan(project="shop", number=1, steps=(step,))
    rollout = RollOut(parts, parts, parts, begun, plan, said.append, parts)
    try:
        ended = render_release(asyncio.run(rollout.run(parts)), width=200, colour=False)
    except asyncio.CancelledError:
        ended = ""
    return said, ended


def test_the_reason_comes_once_and_last_with_what_to_do() -> None:
    said, ended = told(Parts({"web": FAILS}))
    assert said == ["replace web", "the last lines of web:", "  no database", "rolling back"]
    assert ended.count("web is unhealthy") == 1 and "`deploy.healthy_within` gives more" in ended


def test_what_was_observed_comes_once_too_and_says_to_mend_it() -> None:
    said, ended = told(Parts({}, ("web failed 12 requests",)))
    assert said == ["replace web", "rolling back"]
    assert ended.count("web failed 12 requests") == 1 and "fix that, then run `dockworthy deploy` again" in ended
    _, back = told(Parts({}, ("web failed 12 requests",)), structs.replace(BEGUN, returns_to=3))
    assert "fix that, then run `dockworthy rollback 3` again" in back


def test_the_hint_is_recorded_and_a_failure_on_the_way_back_is_told_beside_it() -> None:
    class NotBack(Parts):
        async def take_back(self, *_: object) -> None:
            raise HostError("the connection is lost")

    parts = NotBack({"web": FAILS})
    _, ended = told(parts)
    last = parts.written[-1]
    assert (last.state, last.hint) == (ReleaseState.FAILED, "`deploy.healthy_within` gives more")
    assert "web is unhealthy; and it could not be taken back: the connection is lost" in ended


@pytest.mark.parametrize("stops", ["before", "on the way back"])
def test_who_interrupts_is_told_too_as_nothing_comes_at_the_end(stops: str) -> None:
    class Stopped(Parts):
        async def take_back(self, *_: object) -> None:
            raise asyncio.CancelledError

    said, ended = told(Stopped({"web": FAILS}) if stops != "before" else Parts({"web": asyncio.CancelledError()}))
    assert not ended
    end = {"before": "release 1 was rolled back: what ran before runs again"}
    assert said[-1] == end.get(stops, "it failed before that: web is unhealthy")


@pytest.mark.parametrize("target", ["swarm", "compose"])
@pytest.mark.parametrize("first", [HostAway("no way to shop2"), EngineUnreachable("the engine hung up")])
def test_a_host_that_is_away_in_the_middle_leaves_an_unfinished_release_and_no_word_of_its_engine(
    target: str, first: EngineUnreachable
) -> None:
    class Away(Parts):
        async def write(self, each: Release) -> None:
            if self.written and each.state is not ReleaseState.ROLLING_OUT:
                raise HostAway("no way to shop2", hint="is the host up?")
            await super().write(each)

    parts: Any = Away({"web": first})
    said: list[str] = []
    step = RolloutStep(kind=StepKind.REPLACE, subject="web", says="replace web")
    plan = RolloutPlan(project="shop", number=1, steps=(step,))
    begun = structs.replace(BEGUN, target=target)
    with pytest.raises(HostError) as raised:
        asyncio.run(RollOut(parts, parts, parts, begun, plan, said.append, parts).run(parts))
    assert raised.value.exit_status == 15
    assert raised.value.says.startswith("no way to shop2; what was begun could not be taken back, and release ")
    assert "run `dockworthy deploy` again" in raised.value.hint and raised.value.hint.endswith("is the host up?")
    assert ("releases status --host MANAGER" in raised.value.hint) == (target == "swarm")
    hung_up = ["rolling back", "it failed before that: the engine hung up"]
    assert said == ["replace web", *(() if isinstance(first, HostAway) else hung_up)]


@pytest.mark.parametrize("kind", [HostError, EngineError])
def test_a_record_that_can_not_be_written_keeps_nobody_from_taking_back(kind: type[DockworthyError]) -> None:
    """The disk that made the release fail may be full for its record, too, or the swarm has no manager to write it."""

    class Full(Parts):
        back = 0

        async def write(self, each: Release) -> None:
            if each.state in (ReleaseState.ROLLING_BACK, ReleaseState.ROLLED_BACK):
                raise kind("1.json can't be written", hint="is the disk full?")
            await super().write(each)

        async def take_back(self, *_: object) -> None:
            self.back += 1

    parts = Full({"web": FAILS})
    with pytest.raises(DockworthyError) as raised:
        told(parts)
    assert parts.back == 2, "containers and edge"
    assert "what ran before runs again" in raised.value.says and raised.value.hint == "is the disk full?"
