"""What a drill makes of an engine's answers; without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from dockworthy.drills.guard import TrialObjects, TrialOutcome, attacks
from dockworthy.drills.guard import running as drill
from dockworthy.drills.guard.asking import EngineAnswer
from dockworthy.drills.guard.matrix import Trial


class Engine:
    socket, names, circumstances = "/nowhere", cast(Mapping[str, str], {}), frozenset[str]()

    def remove_made(self, answer: object) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "by_engine", "outcome", "bad"),
    [
        (EngineAnswer(403, b'{"message":"authorization denied by plugin x: no"}'), False, TrialOutcome.STOPPED, False),
        (EngineAnswer(201, b"{}"), False, TrialOutcome.THROUGH, True),
        (EngineAnswer(304), False, TrialOutcome.THROUGH, True),
        (
            EngineAnswer(500, b'{"message":"dial tcp 127.0.0.1:1: connection refused"}'),
            False,
            TrialOutcome.UNSTOPPED,
            True,
        ),
        (EngineAnswer(404, b'{"message":"network dockworthy-edge not found"}'), False, TrialOutcome.UNSTOPPED, True),
        (EngineAnswer(503, b'{"message":"This node is not a swarm manager."}'), False, TrialOutcome.UNSTOPPED, True),
        (EngineAnswer(400, b'{"message":"invalid JSON"}'), False, TrialOutcome.UNSTOPPED, True),
        (EngineAnswer(500, b'{"message":"invalid mode: /x"}'), True, TrialOutcome.ENGINE, False),
        (EngineAnswer(404, b'{"message":"page not found"}'), False, TrialOutcome.ENGINE, False),
        (EngineAnswer(301), False, TrialOutcome.ENGINE, False),
        (EngineAnswer(500, b"request body too large for authorization plugin"), False, TrialOutcome.ENGINE, False),
    ],
)
def test_an_attack_that_the_engine_alone_refuses_came_through_the_guard(
    monkeypatch: pytest.MonkeyPatch, answer: EngineAnswer, by_engine: bool, outcome: TrialOutcome, bad: bool
) -> None:
    trial = Trial(name="x", kind="form", method="POST", target="/containers/create", by_engine=by_engine)
    monkeypatch.setattr(drill, "attacks", lambda: iter((trial,)))
    monkeypatch.setattr(drill, "good_calls", lambda: iter(()))
    monkeypatch.setattr(drill, "ask", lambda *asked: answer)
    scratch = cast(TrialObjects, Engine())
    monkeypatch.setattr(Engine, "make_victim", lambda self: None, raising=False)
    monkeypatch.setattr(Engine, "keep", lambda self, name, value: None, raising=False)
    report = drill.run(scratch)
    assert report.count(outcome) == 1
    assert bool(report.bad) is bad


def test_few_attacks_mean_nothing_to_an_engine() -> None:
    by_engine = {trial.name for trial in attacks() if trial.by_engine}
    assert by_engine == {"an account of Windows", "bind of Windows", "path with a broken escape"}
