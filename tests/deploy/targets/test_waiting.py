"""When a container is ready, whatever its host's clock says."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.planning.projects import task
from dockworthy.deploy.targets.containers import Stable, last_probe_in
from dockworthy.model.rollout import Health, TaskState


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("started", ["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "no time at all"])
def test_a_host_with_another_clock_is_waited_for_no_longer_and_no_shorter(started: str) -> None:
    stable = Stable(clock := Clock())
    seen = task("web", health=Health.NONE, started=started)
    assert not stable.is_ready(seen)
    clock.now = 1.9
    assert not stable.is_ready(seen)
    clock.now = 2.0
    assert stable.is_ready(seen)


def test_one_that_was_started_again_has_to_run_anew() -> None:
    stable = Stable(clock := Clock())
    assert not stable.is_ready(task("web", health=Health.NONE, started="a"))
    clock.now = 5.0
    assert not stable.is_ready(task("web", health=Health.NONE, started="b"))
    assert not stable.is_ready(task("web", health=Health.NONE, started="a", state=TaskState.EXITED))


def test_a_health_check_is_believed_at_once() -> None:
    stable = Stable(Clock())
    assert stable.is_ready(task("web")) and not stable.is_ready(task("web", health=Health.STARTING))


def probes(*ended: tuple[int, str]) -> dict[str, Any]:
    return {"State": {"Health": {"Log": [{"ExitCode": status, "Output": output} for status, output in ended]}}}


def test_a_health_check_that_ended_with_its_container_tells_nothing() -> None:
    assert last_probe_in(probes((1, "no cache\n"), (137, ""))) == "its health check ended with status 1: no cache"
    assert last_probe_in(probes((1, "x"), (137, "killed by me"))).endswith("status 137: killed by me")
    assert last_probe_in(probes((137, ""))) == "its health check ended with status 137"
    assert last_probe_in(probes((0, ""), (-1, "timed out"))).endswith("status -1: timed out")
    assert last_probe_in(probes()) == "its health check did not run yet"
