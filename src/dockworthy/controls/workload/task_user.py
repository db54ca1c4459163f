"""Mesos runs a task as the user that the definition names, and as Marathon's own where it names none."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_containers
from ._root_user import is_of_mesos, runs_as_root

_APP = "{{id: /shop, container: {{type: {type}, docker: {{image: shop{docker}}}}}{more}}}"

control = Control(
    id="workload/task-user",
    title="Each task of Marathon names the user that it runs as",
    fault="{who} [names|name] no user to run as",
    rationale="Mesos' runtime does not look at the image's USER: without `user` a task is what Marathon itself is, mostly "
    "root. On the Docker runtime `user` does not reach the container, only the parameter of that name does.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.orchestrators",
    also_for=("1.privileges",),
    subject=Subject.UNIT,
    platforms=frozenset({Platform.MARATHON}),
    stricter_than=("workload/run-as-non-root",),
    remedy=Remedy(
        "Set `user` to an account without rights that exists on every agent; on the Docker runtime the parameter `user`.",
        "the task is replaced; files that root wrote stay root's",
    ),
    bad={
        "marathon": [
            _APP.format(type="MESOS", docker="", more=""),
            _APP.format(type="MESOS", docker="", more=", user: root"),
            _APP.format(type="DOCKER", docker=", parameters: [{key: user, value: '0'}]", more=", user: nobody"),
        ]
    },
    good={
        "marathon": [
            _APP.format(type="MESOS", docker="", more=", user: nobody"),
            _APP.format(type="DOCKER", docker=", parameters: [{key: user, value: '1000:1000'}]", more=""),
        ]
    },
    unclear={"marathon": _APP.format(type="DOCKER", docker="", more=", user: nobody")},
)


@control.judge
def task_user(unit: Unit) -> Judgement:
    return judge_containers(unit, _fault, good="it names a user that is not root")


def _fault(container: Container) -> Fault | Unknown | None:
    """For Mesos' own runtime a name is an account of the agents, for Docker's one of the image."""
    if is_of_mesos(container) and not isinstance(container.context.user, Set):
        return Fault("it names no user: it runs as Marathon's own", container.source)
    return runs_as_root(container)
