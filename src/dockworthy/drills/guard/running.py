"""All trials, one after the other, on an engine that a drill may use."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .asking import EngineAnswer, ask
from .matrix import Trial, attacks, good_calls
from .outcome import Report, TrialOutcome, TrialResult
from .scratch import TrialObjects

Told = Callable[[TrialResult], None]


def run(scratch: TrialObjects, *, told: Told = lambda result: None) -> Report:
    """Good calls first, so that attacks have a container to be about. Raises EngineError where nobody answers."""
    good = tuple(_each(good_calls(), lambda trial: _good(scratch, trial), told))
    scratch.make_victim()
    with _a_program_of_the_host() as port:
        scratch.keep("listened", port)
        attacked = tuple(_each(attacks(), lambda trial: _attack(scratch, trial), told))
    return Report(attacked, good)


@contextlib.contextmanager
def _a_program_of_the_host() -> Iterator[str]:
    """The port at which it listens."""
    with socket.create_server(("", 0)) as listening:
        yield str(listening.getsockname()[1])


def _each(trials: Iterable[Trial], one: Callable[[Trial], TrialResult], told: Told) -> Iterator[TrialResult]:
    for trial in trials:
        result = one(trial)
        told(result)
        yield result


def _good(scratch: TrialObjects, trial: Trial) -> TrialResult:
    if trial.of and trial.of not in scratch.names:
        return TrialResult(trial, TrialOutcome.LEFT_OUT, says="no such folder was named")
    if trial.swarm and not scratch.is_manager:
        return TrialResult(trial, TrialOutcome.LEFT_OUT, says="the engine is no manager of a swarm")
    answer = ask(scratch.socket, trial, scratch.names)
    for name, path in trial.keep.items():
        scratch.keep(name, _value(answer.json, path))
    passed = not answer.by_guard and (0 < answer.status < 300 or answer.status in trial.expect)
    return _result(trial, TrialOutcome.PASSED if passed else TrialOutcome.REFUSED, answer)


def _attack(scratch: TrialObjects, trial: Trial) -> TrialResult:
    if trial.of and trial.of not in scratch.names:
        return TrialResult(trial, TrialOutcome.LEFT_OUT, says="nothing of the kind is here")
    if trial.unless and trial.unless in scratch.circumstances:
        return TrialResult(trial, TrialOutcome.LEFT_OUT, says="it is allowed here")
    answer = ask(scratch.socket, trial, scratch.names)
    if answer.by_guard:
        return _result(trial, TrialOutcome.STOPPED, answer)
    if not answer.status or (answer.status >= 300 and answer.status != 304):
        early = trial.by_engine or _is_unasked(answer)
        return _result(trial, TrialOutcome.ENGINE if early else TrialOutcome.UNSTOPPED, answer)
    scratch.remove_made(answer.json)
    return _result(trial, TrialOutcome.THROUGH, answer)


def _is_unasked(answer: EngineAnswer) -> bool:
    """An engine asks its plugin only about requests that take a route, and whose body it can show."""
    says = answer.body.lower()
    return answer.status in (0, 301) or b"page not found" in says or b"too large for authorization plugin" in says


def _result(trial: Trial, outcome: TrialOutcome, answer: EngineAnswer) -> TrialResult:
    body = answer.json
    says = body.get("message", "") if isinstance(body, dict) else ""
    return TrialResult(trial, outcome, answer.status, says if isinstance(says, str) else "")


def _value(found: Any, path: str) -> str:
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return "" if found is None else str(found)
