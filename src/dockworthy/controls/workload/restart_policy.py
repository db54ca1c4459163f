"""Without a restart policy a container that falls stays down, and all of them after a reboot."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, set_key
from ...model.control import Control, Subject, cis, nist
from ...model.dialect import Platform
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_containers
from ._life import orchestrator, runs_once, state_of
from ._platforms import ENGINES, checked_by

control = Control(
    id="workload/restart-policy",
    title="A container that should run comes back after a failure",
    fault="{who} [stays|stay] down after a failure",
    rationale="Programs crash and hosts are restarted, mostly at night. `always`, `unless-stopped` and `on-failure` all "
    "bring a container back, with longer and longer pauses; one that falls again and again is found by its restarts, not "
    "by forbidding them.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.deploy",
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(cis("1.6.0", "5.15"), cis("1.8.0", "5.15"), nist("4.4.4")),
    remedy=Remedy(
        "Set `restart: unless-stopped` (or `on-failure`). What runs once, as a migration does, needs none: name it in "
        "dockworthy.yaml under `deploy.jobs`.",
        "`docker update --restart` needs no restart",
    ),
    fixes=(
        ComposeFix(
            says="sets `restart: unless-stopped`",
            may_break="a job that is meant to end runs again and again, a migration for example",
            changes=(set_key("restart", to="unless-stopped"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' {name}",
    bad={
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, restart: 'no'}}"],
        "container": [
            {"HostConfig": {"RestartPolicy": {"Name": "no"}}},
            {"HostConfig": {"RestartPolicy": {"Name": ""}}},
            {
                "HostConfig": {"RestartPolicy": {"Name": "no"}},
                "State": {"Status": "exited", "Running": False, "ExitCode": 137},
            },
        ],
        "service": {"Spec": {"TaskTemplate": {"RestartPolicy": {"Condition": "none"}}}},
    },
    good={
        "compose": [
            "services: {web: {image: shop, restart: unless-stopped}}",
            "services: {web: {image: shop, restart: on-failure:5}}",
            "services: {web: {image: shop, deploy: {restart_policy: {condition: any}}}}",
        ],
        "container": [
            {"HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}},
            {"HostConfig": {"RestartPolicy": {"Name": "always"}}},
            {"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}},
            {"HostConfig": {"RestartPolicy": {"Name": "on-failure"}}},
        ],
        "service": {},
    },
    unclear={"container": {"HostConfig": {"RestartPolicy": {"Name": 1}}}},
)

_COMMANDS = {Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.RestartPolicy}}' {name}"}


@control.judge
def restart_policy(unit: Unit) -> Judgement:
    keeper, once = orchestrator(unit), runs_once(unit)
    if keeper or once:
        return not_applicable(f"{keeper} brings it back" if keeper else once, unit.source)
    if any((state := state_of(container)) is not None and state.status == "created" for container in unit.containers):
        return not_applicable("it was never started", unit.source)
    return checked_by(judge_containers(unit, _fault, good="it comes back after a failure"), unit, _COMMANDS)


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.restart
    if isinstance(field, Unknown):
        return field
    if isinstance(field, Set) and field.value.name != "no":
        return None
    state = state_of(container)
    if state is not None and not state.running:
        return Fault(f"ended with status {state.exit_code}, and nothing brings it back", field.source)
    return Fault("nothing brings it back when it ends", field.source)
