"""A secret in the environment is read by every process, shown by every inspect, and written into every crash report."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.dialect import Platform
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Outcome, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..secret_words import has_secret_argument, secret_variables
from ._containers import Fault, judge_containers, judge_faults
from ._platforms import checked_by

_HASH = "hash:0123456789abcdef"  # what the reading of facts leaves of a secret

control = Control(
    id="workload/environment-secrets",
    title="No secret stands in environment variables or arguments",
    fault="{who} [has|have] secrets in environment variables or arguments",
    rationale="Everybody who may ask the engine sees a container's environment and arguments, children inherit them, and "
    "programs print them when they fail. A file that only the program may read does none of this.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    also_for=("3.least-privilege",),
    subject=Subject.UNIT,
    references=(cis("1.6.0", "7.4"), cis("1.8.0", "7.4"), nist("4.1.4"), owasp("D06")),
    remedy=Remedy(
        "Give the secret as a file (`secrets:` in Compose and Swarm) and name it: `POSTGRES_PASSWORD_FILE`. Change the "
        "secret: it was readable.",
        "recreates the container; whoever uses the old secret needs the new one",
    ),
    check_yourself="docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}{{json .Args}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop}}, env: {DB_PASSWORD: not-so-secret}}",
        "titus": "{applicationName: shop, batch: {}, container: {image: {name: shop}, env: {DB_PASSWORD: not-so-secret}}}",
        "compose": [
            "services: {web: {image: shop, environment: {DB_PASSWORD: not-so-secret}}}",
            "services: {web: {image: shop, environment: ['DATABASE_URL=postgres://shop:not-so-secret@db/shop']}}",
        ],
        "container": [
            {"Config": {"Env": ["PATH=/bin", f"DB_PASSWORD={_HASH}"]}},
            {"Config": {"Env": [f"DATABASE_URL=postgres://shop:{_HASH}@db/shop"]}},
            {"Args": ["--password", _HASH]},
        ],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Env": [f"API_TOKEN={_HASH}"]}}}},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: not-so-secret}]}]}}",
    },
    good={
        "marathon": "{id: /shop, container: {docker: {image: shop}}, env: {DB_PASSWORD: {secret: db}}, "
        "secrets: {db: {source: shop/db}}}",
        "compose": "services: {web: {image: shop, environment: {POSTGRES_PASSWORD_FILE: /run/secrets/db}}}",
        "container": [
            {"Config": {"Env": ["PATH=/bin", "POSTGRES_PASSWORD_FILE=/run/secrets/db"]}},
            {"Config": {"Env": ["TOKEN_TTL=60", "DB_PASSWORD="]}},
        ],
        "service": {},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, env: [{name: DB_PASSWORD,"
        " valueFrom: {secretKeyRef: {name: db, key: password}}}]}]}}",
    },
    unclear={
        "compose": "services: {web: {image: shop, environment: {DB_PASSWORD: '${DB_PASSWORD}'}}}",
        "container": {"Config": {"Env": "PATH=/bin"}},
    },
)

_COMMANDS = {
    Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.ContainerSpec.Env}}' {name}",
    Platform.KUBERNETES: "kubectl get {kind} {name} -o yaml | grep -n -A 1 'name:.*\\(PASS\\|SECRET\\|TOKEN\\|KEY\\)'",
}


@control.judge
def environment_secrets(unit: Unit) -> Judgement:
    faults = [fault for container in unit.containers for fault in _faults(container)]
    judged = judge_faults(faults, good="", source=unit.source)
    if judged.outcome is Outcome.PASS:
        judged = judge_containers(unit, _gap, good="no variable or argument looks like a secret")
    return checked_by(judged, unit, _COMMANDS)


def _faults(container: Container) -> Iterator[Fault]:
    """Names only: a finding that shows the value would be one more place where it stands."""
    environment, command = container.environment, container.command
    if isinstance(environment, Set):
        for name in secret_variables(environment.value):
            at = container.environment_lines.get(name, environment.source)
            yield Fault(f"the variable {name} holds a secret", at)
    if isinstance(command, Set) and has_secret_argument(command.value):
        yield Fault("an argument of its command is a secret", command.source)


def _gap(container: Container) -> Unknown | None:
    field = container.environment
    return field if isinstance(field, Unknown) else container.unclear.get("environment")
