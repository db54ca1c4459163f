"""All trials, one after the other, on an engine that a drill may use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .asking import Answer, ask
from .matrix import Trial, attacks, good_calls
from .outcome import Outcome, Report, Result
from .scratch import Scratch

Told = Callable[[Result], None]


def run(scratch: Scratch, *, told: Told = lambda result: None) -> Report:
    """Good calls first, so that attacks have a container to be about. Raises EngineError where nobody answers."""
    good = tuple(_each(good_calls(), lambda trial: _good(scratch, trial), told))
    scratch.make_victim()
    attacked = tuple(_each(attacks(), lambda trial: _attack(scratch, trial), told))
    return Report(attacked, good)


def _each(trials: Iterable[Trial], one: Callable[[Trial], Result], told: Told) -> Iterator[Result]:
    for trial in trials:
        result = one(trial)
        told(result)
        yield result


def _good(scratch: Scratch, trial: Trial) -> Result:
    if trial.of and trial.of not in scratch.names:
        return Result(trial, Outcome.LEFT_OUT, says="no such folder was named")
    if trial.swarm and not scratch.is_manager:
        return Result(trial, Outcome.LEFT_OUT, says="the engine is no manager of a swarm")
    answer = ask(scratch.socket, trial, scratch.names)
    for name, path in trial.keep.items():
        scratch.keep(name, _value(answer.json, path))
    passed = not answer.by_guard and (0 < answer.status < 300 or answer.status in trial.expect)
    return _result(trial, Outcome.PASSED if passed else Outcome.REFUSED, answer)


def _attack(scratch: Scratch, trial: Trial) -> Result:
    if trial.of and trial.of not in scratch.names:
        return Result(trial, Outcome.LEFT_OUT, says="nothing of the kind is here")
    if trial.unless and trial.unless in scratch.circumstances:
        return Result(trial, Outcome.LEFT_OUT, says="it is allowed here")
    answer = ask(scratch.socket, trial, scratch.names)
    if answer.by_guard:
        return _result(trial, Outcome.STOPPED, answer)
    if not answer.status or (answer.status >= 300 and answer.status != 304):
        early = trial.by_engine or _is_unasked(answer)
        return _result(trial, Outcome.ENGINE if early else Outcome.UNSTOPPED, answer)
    scratch.remove_made(answer.json)
    return _result(trial, Outcome.THROUGH, answer)


def _is_unasked(answer: Answer) -> bool:
    """An engine asks its plugin only about requests that take a route, and whose body it can show."""
    says = answer.body.lower()
    return answer.status in (0, 301) or b"page not found" in says or b"too large for authorization plugin" in says


def _result(trial: Trial, outcome: Outcome, answer: Answer) -> Result:
    body = answer.json
    says = body.get("message", "") if isinstance(body, dict) else ""
    return Result(trial, outcome, answer.status, says if isinstance(says, str) else "")


def _value(found: Any, path: str) -> str:
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return "" if found is None else str(found)
