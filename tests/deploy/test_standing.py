"""What of a release really runs: enough of it, well or not, made by another release, or changed by hand."""

from __future__ import annotations

from msgspec import structs

from dockworthy.deploy.standing import standing_of
from dockworthy.model.release import ShippedService
from dockworthy.model.rollout import Health, ServiceStanding, Task, TaskState

from .planning.projects import NEW, OLD, release, running, task

WEB = ShippedService(reference="web:2", image=NEW, image_id=NEW, spec_hash="new", replicas=2)
LAST = structs.replace(release(), number=7, services={"web": WEB})
EARLIER = structs.replace(release(), services={"web": structs.replace(WEB, spec_hash="old", image_id=OLD)})


def web(*tasks: Task) -> ServiceStanding:
    (found,) = standing_of(LAST, running(*tasks), [EARLIER, LAST])
    return found


def test_all_of_it_runs() -> None:
    assert web(task("web", 1, new=True), task("web", 2, new=True)).is_good
    assert not web(task("web", 1, new=True)).is_good and web().serving == 0


def test_what_does_not_run_says_why_in_the_engines_words() -> None:
    ended = task("web", 1, new=True, state=TaskState.EXITED, exit_code=3, error="no such file")
    sick = task("web", 2, new=True, health=Health.UNHEALTHY)
    assert web(ended, sick).faults == ("shop-web-1 is exited with status 3: no such file", "shop-web-2 is unhealthy")


def test_what_is_gone_is_said_with_the_way_back() -> None:
    assert web().faults == ("no container of it is there: `dockworthy deploy` recreates it",)


def test_left_over_is_not_changed_by_hand() -> None:
    both = [task("web", 1, new=True), task("web", 2, new=True)]
    assert web(*both, task("web", 3)).faults == ("shop-web-3 is running, and is not what this release shipped",)
    by_hand = task("web", 3, spec_hash="by compose up", image_id=NEW)
    (said,) = web(*both, by_hand).faults
    assert said.startswith(
        "shop-web-3 is running, and was changed by hand since release 7: `dockworthy deploy` keeps it"
    )
