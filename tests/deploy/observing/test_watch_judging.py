"""From what was seen to what is said of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dockworthy.deploy.observing.edge_stats import Counts
from dockworthy.deploy.observing.probe import Probed, ProbeFailure, percentile
from dockworthy.deploy.observing.watch import ObservedRelease, broken_for_good, observation_of
from dockworthy.model.deploy_settings import Objectives
from dockworthy.model.rollout import Health, Task, TaskState

NOON = 1_795_694_584.0
"""12:03:04 UTC."""
FIRST = (ProbeFailure(NOON + 1, "timed out after 5 s"), ProbeFailure(NOON, "502"))


def task(name: str = "shop-web-1", state: TaskState = TaskState.RUNNING, **more: object) -> Task:
    given = {"id": name, "name": name, "service": "web", "spec_hash": "f00", "image_id": "sha256:a", **more}
    return Task(state=state, **given)  # type: ignore[arg-type]


def said(objectives: Objectives | None = None, **seen: object) -> tuple[str, ...]:
    return observation_of(ObservedRelease(seconds=30.0, **seen), objectives or Objectives()).broken  # type: ignore[arg-type]


def test_what_is_well_is_kept() -> None:
    seen = ObservedRelease(
        seconds=30.0,
        probed={"web": (Probed(sent=300, answered=300, p50=0.01, p95=0.02, slowest=0.5),)},
        counted={"web": Counts(requests=1300, retries=9, connection_errors=9, redispatches=9)},
        tasks=[task(health=Health.HEALTHY), task("shop-web-2", health=Health.STARTING)],
    )
    found = observation_of(seen, Objectives(p95="20ms"))
    assert found.broken == () and not list(broken_for_good(seen, Objectives()))
    assert (found.probes, found.probes_failed, found.requests, found.requests_failed) == (300, 0, 1000, 0)
    assert (found.p95, found.restarts) == (0.02, 0)


def test_what_nobody_tells_is_none() -> None:
    found = observation_of(ObservedRelease(seconds=1.0, tasks=[task()]), Objectives(p95="1ms"))
    assert (found.requests, found.requests_failed, found.p95, found.broken) == (None, None, None, ())


def test_failed_requests_are_counted_once_and_named() -> None:
    probed = {"web": (Probed(sent=100, failed=4, answered=99, errors=3, first=FIRST),), "api": (Probed(sent=50),)}
    counted = {"web": Counts(requests=299, errors=10, cut=1), "api": Counts(requests=70)}
    assert said(probed=probed, counted=counted) == (
        "web failed 12 of 300 requests (a probe: 502 at 12:03:04 UTC); allowed: 0",
    )
    assert said(Objectives(failed_requests=12), probed=probed, counted=counted) == ()
    found = observation_of(ObservedRelease(seconds=1.0, probed=probed, counted=counted), Objectives())
    assert (found.probes, found.probes_failed, found.requests, found.requests_failed) == (150, 4, 270, 8)


def test_slow_ones_are_named() -> None:
    probed = {"web": (Probed(sent=9, p95=0.1), Probed(sent=9, p95=1.4)), "api": (Probed(sent=9, p95=0.2),)}
    assert said(Objectives(p95="500ms"), probed=probed) == (
        "web took 1.40 s or more for one of 20 probes; allowed: 0.50 s",
    )


def test_tasks_that_do_not_run_are_named() -> None:
    ended = task(state=TaskState.EXITED, exit_code=137, error="out of memory")
    sick = task("shop-web-2", health=Health.UNHEALTHY)
    assert said(tasks=[ended, sick], gone=["shop-web-3"]) == (
        "shop-web-3 was removed while the release was observed",
        "shop-web-1 ended with status 137: out of memory",
        "shop-web-2 became unhealthy",
    )
    tasks, restarts = [task(), task("shop-web-2")], {"shop-web-1": 1, "shop-web-2": 2}
    assert said(Objectives(restarts=3), tasks=tasks, restarts=restarts) == ()
    assert said(Objectives(restarts=2), tasks=tasks, restarts=restarts) == (
        "shop-web-1, shop-web-2 restarted 3 times; allowed: 2",
    )


SEEN = st.builds(
    ObservedRelease,
    seconds=st.just(9.0),
    probed=st.dictionaries(
        st.sampled_from(["web", "api"]),
        st.lists(st.builds(lambda ok, bad: Probed(ok + bad, bad, ok + bad, bad), *[st.integers(0, 9)] * 2), max_size=2),
    ),
    counted=st.none() | st.dictionaries(st.sampled_from(["web", "api"]), st.builds(Counts, *[st.integers(0, 40)] * 3)),
    restarts=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 3)),
)


@given(SEEN, st.integers(0, 30), st.integers(0, 5))
def test_more_leave_never_breaks_more(seen: ObservedRelease, failed: int, restarts: int) -> None:
    strict, lax = Objectives(failed_requests=failed, restarts=restarts), Objectives(failed_requests=999, restarts=9)
    assert not list(broken_for_good(seen, lax))
    broken = list(broken_for_good(seen, strict))
    found = observation_of(seen, strict)
    failures = found.probes_failed + (found.requests_failed or 0)
    assert any("requests" in each for each in broken) == (failures > failed)
    assert any("restarted" in each for each in broken) == (found.restarts > restarts)
    assert found.requests is None or found.requests >= 0


@given(st.lists(st.floats(0, 100), min_size=1))
def test_a_percentile_is_one_of_them(times: list[float]) -> None:
    p95 = percentile(times, 0.95)
    assert p95 in times and sum(each > p95 for each in times) <= len(times) * 0.05
    assert percentile(times, 1.0) == max(times) and percentile([], 0.5) is None
