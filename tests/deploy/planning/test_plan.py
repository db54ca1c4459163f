"""What is to be done, from what is seen and what is wanted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from deploy.composed import composed
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.model.rollout import Desired, Order, RolloutPlan, Running, StepKind, Task, TaskState

from .projects import DATA, NEW, desired, release, running, task


def plan(wanted: Desired, seen: Running, **more: object) -> RolloutPlan:
    return plan_of(wanted, seen, number=2, **{"last": None, **more})  # type: ignore[arg-type]


def steps(wanted: Desired, seen: Running, **more: object) -> list[tuple[StepKind, str]]:
    return [(step.kind, step.subject) for step in plan(wanted, seen, **more).steps]


def test_what_is_equal_is_left_alone() -> None:
    wanted = desired(web={"replicas": 2})
    assert plan(wanted, running(task("web", 1, new=True), task("web", 2, new=True))).is_empty


def test_what_compose_made_of_the_same_file_is_equal_too() -> None:
    wanted = desired(web={"equal": ("plain",)})
    assert plan(wanted, running(task("web", spec_hash="plain", image_id=NEW))).is_empty
    assert steps(wanted, running(task("web", spec_hash="plain"))) == [(StepKind.REPLACE, "web")], "another image"


def test_new_ones_come_beside_old_ones() -> None:
    (step,) = plan(desired(web={"replicas": 2}), running(task("web", 1), task("web", 2))).steps
    assert (step.kind, step.order, step.gap, step.replicas) == (StepKind.REPLACE, Order.START_FIRST, 0.0, 2)
    assert step.tasks == ("web-1", "web-2")
    assert "image aaaaaaaaaaaa -> web:2 (bbbbbbbbbbbb)" in step.causes and "its definition changed" in step.causes


def test_what_only_one_may_have_makes_a_gap_that_is_announced() -> None:
    (step,) = plan(desired(db=DATA), running(task("db"), volumes={"shop_data": {}})).steps
    assert step.order is Order.STOP_FIRST and step.gap and step.gap > 0
    assert "data is written to, and two at a time may harm it" in step.causes


def test_a_roll_out_that_ended_in_the_middle_is_finished() -> None:
    wanted = desired(web={"replicas": 2})
    both = [task("web", 1), task("web", 2), task("web", 3, new=True), task("web", 4, new=True)]
    assert steps(wanted, running(*both)) == [(StepKind.CLEAR, "web")]
    half = [*both[:3], task("web", 4, new=True, state=TaskState.CREATED)]
    found = plan(wanted, running(*half)).steps
    assert [step.kind for step in found] == [StepKind.CLEAR, StepKind.REPLACE]
    assert found[0].tasks == ("web-4",) and found[1].replicas == 1


def test_a_swap_that_was_undone_by_the_host_is_done_again() -> None:
    seen = running(task("db"), task("db", 2, new=True, state=TaskState.EXITED), volumes={"shop_data": {}})
    found = plan(desired(db=DATA), seen).steps
    assert [(step.kind, step.tasks) for step in found] == [(StepKind.CLEAR, ("db-2",)), (StepKind.REPLACE, ("db-1",))]


def test_what_should_run_is_started_and_the_old_one_goes() -> None:
    seen = running(
        task("db", state=TaskState.EXITED),
        task("db", 2, new=True, state=TaskState.EXITED, exit_code=137),
        volumes={"shop_data": {}},
    )
    found = plan(desired(db=DATA), seen).steps
    assert [(step.kind, step.tasks) for step in found] == [(StepKind.RESTART, ("db-2",)), (StepKind.CLEAR, ("db-1",))]
    assert found[0].causes == ("shop-db-2 exited with status 137",)


def test_scaling_touches_only_what_is_too_much() -> None:
    three = [task("web", number, new=True) for number in (1, 2, 3)]
    assert steps(desired(web={"replicas": 5}), running(*three)) == [(StepKind.SCALE, "web")]
    (step,) = plan(desired(web={"replicas": 2}), running(*three)).steps
    assert step.kind is StepKind.SCALE and len(step.tasks) == 1
    assert plan(desired(web={"replicas": 0}), running()).is_empty


def test_jobs_run_only_with_a_change_and_where_what_they_need_is_up() -> None:
    wanted = desired(
        ("migrate",),
        ("warm",),
        db=DATA,
        migrate={"depends_on": {"db": {"condition": "service_healthy"}}},
        web={"depends_on": {"db": {}}},
        warm={},
    )
    assert steps(wanted, running()) == [
        (StepKind.CREATE, "db"),
        (StepKind.JOB, "migrate"),
        (StepKind.CREATE, "web"),
        (StepKind.JOB, "warm"),
    ]
    unchanged = running(task("db", new=True), task("web", new=True), volumes={"shop_data": {}})
    assert plan(wanted, unchanged).is_empty


def test_only_what_a_release_shipped_is_removed() -> None:
    seen = running(task("web", new=True), task("worker"), task("backup"))
    found = plan(desired(web={}), seen, last=release(web="web:1", worker="worker:1"))
    assert [(step.kind, step.subject) for step in found.steps] == [(StepKind.REMOVE, "worker")]
    assert found.notes == ("backup runs under this project's name and is none of its services: left alone",)


def test_a_way_back_to_a_narrowed_release_removes_nothing_that_it_says_nothing_of() -> None:
    """`deploy web` first, then all of it, then back: the database was never part of the first."""
    narrow = structs.replace(desired(web={}), left=("db",))
    found = plan(narrow, running(task("web"), task("db")), last=release(web="web:2", db="db:1"))
    assert [step.subject for step in found.steps] == ["web"]
    assert found.notes == ("db is left as it is: this release says nothing of it",)


def test_who_shares_a_network_with_what_is_replaced_goes_with_it() -> None:
    wanted = desired(web={}, sidecar={"network_mode": "service:web"})
    found = steps(wanted, running(task("web"), task("sidecar", new=True)))
    assert found == [(StepKind.REPLACE, "web"), (StepKind.REPLACE, "sidecar")]


def test_a_route_is_no_reason_to_make_a_container_anew() -> None:
    wanted = desired(routed=("web",), web={})
    assert steps(wanted, running(task("web", new=True))) == [(StepKind.JOIN_EDGE, "web")]
    assert plan(wanted, running(task("web", new=True, addresses={"dockworthy-edge": "10.0.0.2"}))).is_empty


def test_what_has_no_route_any_more_leaves_the_edges_network() -> None:
    seen = running(task("web", new=True, addresses={"dockworthy-edge": "10.0.0.2"}))
    assert steps(desired(web={}), seen) == [(StepKind.LEAVE_EDGE, "web")]
    asked = desired(web={"networks": {"theirs": None}})
    networks = {"theirs": {"name": "dockworthy-edge", "external": True}}
    asked = structs.replace(asked, spec=composed(asked.spec.to_json(), networks=networks))
    assert steps(asked, seen) == [], "its own file says that it is there"


def _tasks() -> st.SearchStrategy[list[Task]]:
    states = st.sampled_from(list(TaskState))
    one = st.tuples(st.booleans(), states)
    return st.lists(one, max_size=6).map(
        lambda found: [task("web", number, new=new, state=state) for number, (new, state) in enumerate(found, 1)]
    )


def _after(seen: list[Task], plan: RolloutPlan) -> list[Task]:
    """What would run when every step succeeds."""
    tasks = {each.id: each for each in seen}
    for number, step in enumerate(plan.steps):
        made = 0
        if step.kind in (StepKind.CREATE, StepKind.REPLACE):
            made = step.replicas
        elif step.kind is StepKind.SCALE and not step.tasks:
            made = step.replicas - len(tasks)
        if step.kind is StepKind.RESTART:
            tasks |= {each: task("web", int(each.split("-")[1]), new=True) for each in step.tasks}
        else:
            tasks = {each: found for each, found in tasks.items() if each not in step.tasks}
        new = [task("web", 100 + 10 * number + each, new=True) for each in range(made)]
        tasks |= {each.id: each for each in new}
    return list(tasks.values())


@given(_tasks(), st.integers(0, 4))
def test_whatever_a_killed_run_left_one_more_run_is_enough(seen: list[Task], replicas: int) -> None:
    wanted = desired(web={"replicas": replicas})
    after = _after(seen, plan(wanted, running(*seen)))
    up = [each for each in after if each.spec_hash == "new" and each.state is not TaskState.EXITED]
    assert len(up) == replicas and len(after) == replicas
    assert plan(wanted, running(*after)).is_empty


@given(_tasks(), st.integers(1, 4))
def test_nothing_that_serves_goes_before_something_else_serves(seen: list[Task], replicas: int) -> None:
    serving = {each.id for each in seen if each.is_serving}
    for step in plan(desired(web={"replicas": replicas}), running(*seen)).steps:
        gone = serving & set(step.tasks)
        if step.kind is StepKind.CLEAR:
            assert serving - gone or not serving, f"{step.says}: nothing would serve"
        if step.kind in (StepKind.CREATE, StepKind.REPLACE, StepKind.RESTART):
            return  # from here on new ones are up before the old ones go


def test_one_service_alone_leaves_all_others_as_they_are() -> None:
    wanted = desired(web={}, worker={})
    seen = running(task("web"), task("worker"), task("old"))
    last = release(web="web:1", worker="worker:1", old="old:1")
    assert steps(wanted, seen, last=last, only=("web",)) == [(StepKind.REPLACE, "web")]
