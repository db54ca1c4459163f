"""May a release stay? From what was seen of it to what it did not keep to, in words. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ...model.deploy_settings import Objectives, seconds_of
from ...model.release import Observation
from ...model.rollout import Health, Task, TaskState
from .counting import Counts
from .probed import Failure, Probed


class Seen(Struct, frozen=True, kw_only=True):
    """What was seen of a release that is observed for `seconds`.

    `probed`: service -> each of its targets. `counted`: service -> what the edge counted, our probes among it; None
    where no edge tells. `tasks`: as they are now, `restarts` since the watch began: task's id -> how many. `gone`:
    names of tasks that somebody removed.
    """

    seconds: float
    probed: Mapping[str, Sequence[Probed]] = {}
    counted: Mapping[str, Counts] | None = None
    tasks: Sequence[Task] = ()
    restarts: Mapping[str, int] = {}
    gone: Sequence[str] = ()


def observation_of(seen: Seen, objectives: Objectives) -> Observation:
    """With all that is broken now: what is so for good, and the times of answers."""
    probes = [probed for of_one in seen.probed.values() for probed in of_one]
    counted = seen.counted
    return Observation(
        seconds=seen.seconds,
        probes=sum(probed.sent for probed in probes),
        probes_failed=sum(probed.failed for probed in probes),
        requests=None if counted is None else sum(_of_clients(seen, service)[0] for service in counted),
        requests_failed=None if counted is None else sum(_of_clients(seen, service)[1] for service in counted),
        p95=max((probed.p95 for probed in probes if probed.p95 is not None), default=None),
        restarts=sum(seen.restarts.values()),
        broken=(*broken_for_good(seen, objectives), *_too_slow(seen, objectives)),
    )


def broken_for_good(seen: Seen, objectives: Objectives) -> Iterator[str]:
    """What no further waiting mends."""
    for name in seen.gone:
        yield f"{name} was removed while the release was observed"
    for task in seen.tasks:
        yield from _ended(task)
    yield from _failures(seen, objectives.failed_requests)
    restarts = sum(seen.restarts.values())
    if restarts > objectives.restarts:
        names = ", ".join(sorted(task.name for task in seen.tasks if seen.restarts.get(task.id)))
        yield f"{names or 'containers'} restarted {_times(restarts)}; allowed: {objectives.restarts}"


def _ended(task: Task) -> Iterator[str]:
    if task.state in (TaskState.EXITED, TaskState.DEAD):
        yield f"{task.name} ended with status {task.exit_code}" + (f": {task.error}" if task.error else "")
    elif task.health is Health.UNHEALTHY and task.state is TaskState.RUNNING:
        yield f"{task.name} became unhealthy"


def _failures(seen: Seen, allowed: int) -> Iterator[str]:
    """All services together may fail as many as are allowed; then each that failed is named."""
    services = dict.fromkeys((*seen.probed, *(seen.counted or ())))
    failures = {service: _failed_of_all(seen, service) for service in services}
    if sum(failed for failed, _ in failures.values()) <= allowed:
        return
    for service, (failed, requests) in failures.items():
        if failed:
            first = min(
                (each for probed in seen.probed.get(service, ()) for each in probed.first), default=None, key=_at
            )
            example = f" (a probe: {first.says} at {_clock(first)})" if first else ""
            yield f"{service} failed {failed} of {requests} requests{example}; allowed: {allowed}"


def _failed_of_all(seen: Seen, service: str) -> tuple[int, int]:
    probes = seen.probed.get(service, ())
    requests, failed = _of_clients(seen, service)
    return failed + sum(probed.failed for probed in probes), requests + sum(probed.sent for probed in probes)


def _of_clients(seen: Seen, service: str) -> tuple[int, int]:
    """Requests and failed ones at the edge, without those of our own that it counted, too."""
    counts = (seen.counted or {}).get(service, Counts())
    probes = seen.probed.get(service, ())
    requests = counts.requests - sum(probed.answered for probed in probes)
    return max(0, requests), max(0, counts.failed - sum(probed.errors for probed in probes))


def _too_slow(seen: Seen, objectives: Objectives) -> Iterator[str]:
    if objectives.p95 is None:
        return
    allowed = seconds_of(objectives.p95)
    for service, probes in seen.probed.items():
        slowest = max((probed.p95 for probed in probes if probed.p95 is not None), default=None)
        if slowest is not None and slowest > allowed:
            yield f"{service} took {slowest:.2f} s or more for one of 20 probes; allowed: {allowed:.2f} s"


def _at(failure: Failure) -> float:
    return failure.at


def _clock(failure: Failure) -> str:
    return f"{datetime.datetime.fromtimestamp(failure.at, datetime.UTC):%H:%M:%S} UTC"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
