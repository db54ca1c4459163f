"""Root in a container is root to the kernel, and one fault away from being root on the host."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.dialect import Version
from ...model.field import Set
from ...model.finding import Judgement, Remedy, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_containers, judge_faults
from ._root_user import hooks_as_root, runs_as_root

control = Control(
    id="workload/run-as-non-root",
    title="Containers do not run as root",
    fault="{who} [runs|run] as root",
    rationale="Root inside is uid 0 to the kernel: with a mount, a capability or a fault more it is root on the host.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    subject=Subject.UNIT,
    references=(pss("runAsNonRoot"), cis("1.6.0", "4.1"), cis("1.8.0", "4.1"), nist("4.1.2"), owasp("D01")),
    remedy=Remedy(
        "Run as a user of its own: `USER` in the image, `user:` in Compose, there also of each hook (`post_start`, `pre_stop`, "
        "`exec` of `develop.watch`), runAsNonRoot on Kubernetes.",
        "recreates the container; files in its volumes may need another owner",
    ),
    check_yourself="docker inspect -f '{{.Config.User}}' {name}; grep Uid: /proc/$(docker inspect -f '{{.State.Pid}}' {name})/status",
    bad={
        "compose": [
            "services: {web: {image: shop, user: root}}",
            "services: {web: {image: shop, user: '0:0'}}",
            "services: {web: {image: shop, user: '1000', post_start: [{command: chown, user: root}]}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a}]}}",
            "{kind: Pod, spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a, securityContext: {runAsNonRoot: false}}]}}",
        ],
        "container": [
            {"Config": {"User": ""}},
            {"Config": {"User": "0:0"}},
            {"Config": {"User": "root"}},
            {"Config": {"User": "0"}},
        ],
    },
    good={
        "compose": "services: {web: {image: shop, user: '1000:1000'}}",
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a}]}}",
            "{kind: Pod, spec: {hostUsers: false, containers: [{name: a}]}}",
        ],
        "container": {"Config": {"User": "1000:1000"}},
    },
    unclear={
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, user: app}}"],
        "container": {"Config": {"User": "app"}},
    },
)


_USER_NAMESPACES_COUNT = Version(1, 35)


@control.judge
def run_as_non_root(unit: Unit) -> Judgement:
    user = unit.namespaces.user
    if not unit.dialect.is_kubernetes:
        if isinstance(user, Set) and user.value == "private":
            return passed("the engine maps root inside to an ordinary user of the host", user.source)
        return judge_containers(unit, runs_as_root, good="the user is not root", inside=hooks_as_root(unit))
    if unit.dialect.version >= _USER_NAMESPACES_COUNT and isinstance(user, Set) and user.value == "private":
        return passed("hostUsers: false: root inside is nobody on the node", user.source)
    return _judge_pod(unit)


def _judge_pod(unit: Unit) -> Judgement:
    pod = unit.context.run_as_non_root
    says_no = [("the pod", pod)] + [(c.name, c.context.run_as_non_root) for c in unit.containers]
    faults = [
        Fault(f"{who}: runAsNonRoot: false", f.source) for who, f in says_no if isinstance(f, Set) and not f.value
    ]
    if not (isinstance(pod, Set) and pod.value):
        faults += [
            Fault(f"{container.name}: neither the pod nor the container says runAsNonRoot: true", container.source)
            for container in unit.containers
            if not isinstance(container.context.run_as_non_root, Set)
        ]
    return judge_faults(faults, good="runAsNonRoot: true", source=unit.source)
