"""Containers on one network reach every port of each other: those of another project, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...model.control import Control, Subject, nist, owasp
from ...model.engine import Network
from ...model.engine_builtins import NETWORKS
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.labels import PROJECT_LABELS
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.workload import Unit
from ._running import gap, running


def _two(first: str, second: str, **options: str) -> dict[str, object]:
    def container(name: str, project: str) -> dict[str, object]:
        labels = {"com.docker.compose.project": project}
        return {"name": name, "inspect": {"Config": {"Labels": labels}, "NetworkSettings": {"Networks": {"proxy": {}}}}}

    networks = [{"Name": "proxy", "Driver": "bridge", "Options": options}]
    return {"engine": {"networks": networks, "containers": [container("web", first), container("db", second)]}}


control = Control(
    id="machine/projects-apart",
    title="Containers of different projects share no network",
    fault="{who} [joins|join] containers of different projects",
    rationale="A network has no inner walls: whoever breaks into one project's container reaches every port of all the "
    "others, published or not.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.reach",
    subject=Subject.MACHINE,
    references=(nist("4.3.3"), owasp("D03")),
    remedy=Remedy(
        "Give each project a network with the proxy alone, and keep databases on a network of their project.",
        "recreates the containers on the network",
    ),
    check_yourself="docker network inspect -f '{{range .Containers}}{{.Name}} {{end}}' {name}",
    bad={"snapshot": _two("shop", "blog")},
    good={
        "snapshot": [
            _two("shop", "shop"),
            _two("shop", "blog", **{"com.docker.network.bridge.enable_icc": "false"}),
        ]
    },
    unclear={"snapshot": {"engine": {"containers": {"is": "unknown", "reason": "the engine went silent"}}}},
)

_PROJECT_LABELS = (*PROJECT_LABELS, "io.kubernetes.pod.namespace")


@control.judge
def projects_apart(machine: Machine) -> Iterator[Judgement]:
    missing = gap(machine, "containers", "networks")
    if missing:
        yield missing
    shared = [(n, projects) for n, projects in _projects(machine) if sum(map(len, projects.values())) > 1]
    if not shared and not missing:
        yield not_applicable("no network has two running containers", Source("GET /networks"))
    for network, projects in shared:
        yield _judge(network, projects)


def _judge(network: Network, projects: dict[str, list[str]]) -> Judgement:
    about = f"network/{network.name}"
    count = sum(map(len, projects.values()))
    if network.options.get("com.docker.network.bridge.enable_icc") == "false":
        place = Source(network.source.where, f"{network.name}.Options")
        return passed(f"its {count} containers can't reach each other (enable_icc is false)", place, about=about)
    if len(projects) == 1:
        return passed(f"its {count} containers are of one project: {next(iter(projects))}", network.source, about=about)
    names = ", ".join(sorted(projects)[:4]) + (", …" if len(projects) > 4 else "")
    return failed(
        f"{count} containers of {len(projects)} projects reach each other: {names}", network.source, about=about
    )


def _projects(machine: Machine) -> Iterator[tuple[Network, dict[str, list[str]]]]:
    """Network -> project -> its running containers there; a container of no project stands for itself."""
    networks = {network.name: network for network in machine.networks if network.name not in NETWORKS}
    found: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for unit, _ in running(machine):
        for name in unit.networks.value if isinstance(unit.networks, Set) else ():
            if name in networks:
                found[name].setdefault(_project(unit), []).append(unit.name)
    return ((networks[name], projects) for name, projects in found.items())


def _project(unit: Unit) -> str:
    return next((unit.labels[label] for label in _PROJECT_LABELS if unit.labels.get(label)), unit.name)
