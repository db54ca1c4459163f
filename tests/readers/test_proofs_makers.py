"""Evidence of containers counts where only root, or who may become root, can have made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import examples
from dockworthy.controls.examples import absent, both, engine_says, known, not_seen, on_host
from dockworthy.controls.machine._evidence_examples import LAST_NIGHT, answer, evidence, job, project, store, target
from dockworthy.controls.registry import all_controls
from dockworthy.model.finding import Outcome
from dockworthy.model.host_addresses import address_of
from dockworthy.model.machine import Machine
from dockworthy.model.proof import Strength

CADVISOR = ["container_cpu_usage_seconds_total"]
GUARDED = {
    "pid": 7,
    "argv": ["dockerd"],
    "executable": "/usr/bin/dockerd",
    "guarded_at": "/var/run/docker.sock",
    "own_socket": "/run/dockworthy-engine/docker.sock",
}
PLUGIN = engine_says(Plugins={"Authorization": ["dockworthy"]}, LoggingDriver="json-file")
DEPLOYER = {"who": "user:mallory", "role": "deployer", "projects": ["shop"]}
OPERATOR = {**DEPLOYER, "role": "operator"}
ANYWHERE = {"who": "group:ci", "role": "deployer"}


def guarded(*roles: dict[str, Any], plugin: dict[str, Any] = PLUGIN, **daemon: Any) -> dict[str, Any]:
    return both(
        plugin, on_host(daemon={**GUARDED, **daemon}, container_makers=known(list(roles)), given_grants=absent())
    )


def over(*bindings: dict[str, Any], known_since: str | None = None) -> dict[str, Any]:
    """Grants that held for an hour, and hold no more."""
    hour = {"since": "2026-11-20T10:00:00Z", "until": "2026-11-20T11:00:00Z"}
    grants = [{"id": str(number), "binding": each, **hour} for number, each in enumerate(bindings)]
    return on_host(given_grants=known({"known_since": known_since, "grants": grants}))


def made(at: str, **labels: str) -> dict[str, Any]:
    seen = prometheus(**labels)
    (container,) = seen["engine"]["containers"]
    return {**seen, "engine": {"containers": [{**container, "inspect": {**container["inspect"], "Created": at}}]}}


def prometheus(**labels: str) -> dict[str, Any]:
    """A container that says it is a Prometheus which collects all, with alert rules that reach somebody."""
    own = ["http://127.0.0.1:9093/api/v2/alerts"]
    told = answer("Prometheus", targets=[target()], metrics=CADVISOR, alert_rules=3, alertmanagers=own)
    one = {"name": "prom", "inspect": {"Config": {"Image": "prom/prometheus:3", "Labels": {**of(""), **labels}}}}
    return {"engine": {"containers": [one]}, **evidence(answers=[{**told, "who": "container/prom"}])}


def of(name: str) -> dict[str, str]:
    return {"com.docker.compose.project": name}


def machine(*parts: dict[str, Any]) -> Machine:
    return examples.machine_of("snapshot", both(*parts), Path("/nonexistent"))


def outcome(control: str, *parts: dict[str, Any]) -> Outcome:
    (judgement,) = examples.judgements(all_controls()[control], "snapshot", both(*parts), Path("/nonexistent"))
    return judgement.outcome


def counts(*parts: dict[str, Any]) -> bool:
    """Do metrics and alerts pass by what the container answers? They pass or are unknown together."""
    seen = {outcome(control, *parts) for control in ("machine/monitored", "machine/alerts")}
    assert seen in ({Outcome.PASS}, {Outcome.UNKNOWN}), seen
    return seen == {Outcome.PASS}


def test_who_may_ask_a_plain_engine_is_root() -> None:
    assert counts(prometheus(**of("shop")))


@pytest.mark.parametrize(
    ("roles", "labels", "holds"),
    [
        ((), of("shop"), True),
        ((DEPLOYER,), of("shop"), False),
        ((OPERATOR,), of("shop"), False),
        ((DEPLOYER,), of("monitoring"), True),
        ((DEPLOYER,), {}, True),
        ((DEPLOYER,), {"com.docker.stack.namespace": "shop", **of("monitoring")}, False),
        ((ANYWHERE,), of("monitoring"), False),
        ((ANYWHERE,), {}, False),
        ((DEPLOYER, ANYWHERE), of("monitoring"), False),
        ((DEPLOYER,), {"com.docker.swarm.task.id": "t"}, False),
        ((DEPLOYER,), {"com.docker.swarm.task.id": "t", "com.docker.stack.namespace": "monitoring"}, True),
    ],
)
def test_at_the_guards_socket_its_roles_tell(
    roles: tuple[dict[str, Any], ...], labels: dict[str, str], holds: bool
) -> None:
    assert counts(prometheus(**labels), guarded(*roles)) == holds


BEFORE, DURING, AFTER = "2026-11-01T00:00:00Z", "2026-11-20T10:30:00.123456789Z", "2026-11-20T11:00:01Z"


@pytest.mark.parametrize(
    ("past", "at", "labels", "holds"),
    [
        (over(DEPLOYER), DURING, of("shop"), False),
        (over(OPERATOR), BEFORE, of("shop"), False),  # entered, and changed there
        (over(DEPLOYER), AFTER, of("shop"), True),
        (over(DEPLOYER), DURING, of("monitoring"), True),
        (over(DEPLOYER), DURING, {}, True),
        (over(ANYWHERE), DURING, of("monitoring"), False),
        (over(ANYWHERE), AFTER, of("monitoring"), True),
        (over(DEPLOYER), "no moment", of("shop"), False),
        (over(), DURING, of("shop"), True),
        (over(known_since="2026-11-20T12:00:00Z"), DURING, of("monitoring"), False),
        (over(known_since="2026-11-20T12:00:00Z"), "2026-11-20T12:00:01Z", of("monitoring"), True),
        (on_host(given_grants=not_seen()), AFTER, of("monitoring"), False),
        # The containers of a service are made at any time: it is as old as the service, which is not known here.
        (over(DEPLOYER), AFTER, {"com.docker.swarm.task.id": "t"}, False),
    ],
)
def test_what_was_there_while_a_grant_held_is_doubted_when_it_is_over(
    past: dict[str, Any], at: str, labels: dict[str, str], holds: bool
) -> None:
    assert counts(made(at, **labels), guarded(), past) == holds


def test_where_no_guard_serves_people_grants_of_the_past_say_nothing() -> None:
    """Whoever asks such an engine is root."""
    assert counts(made(DURING, **of("shop")), on_host(container_makers=absent()), over(ANYWHERE))


def test_the_doubt_says_until_when_and_what_ends_it() -> None:
    around = machine(made(DURING, **of("shop")), guarded(), over(DEPLOYER))
    (why,) = {why for why in around.doubted.values() if why}
    assert "user:mallory could create or change it until 2026-11-20 11:00 UTC, by a grant (role deployer)" in why
    assert "recreated since then" in why


@pytest.mark.parametrize(
    "unknown",
    [
        PLUGIN,
        engine_says(Plugins={"Authorization": ["opa"]}),
        both(PLUGIN, on_host(daemon={**GUARDED, "argv": ["dockerd", "-H", "tcp://0.0.0.0:2376"]})),
        both(PLUGIN, on_host(daemon=GUARDED, container_makers=not_seen())),
        on_host(container_makers=not_seen()),
        {"engine": {"info": not_seen()}},
    ],
)
def test_what_nobody_can_tell_never_counts(unknown: dict[str, Any]) -> None:
    assert not counts(prometheus(), unknown)


PUBLISHED = {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}}
OWN = "unix:///run/dockworthy-engine/docker.sock"


@pytest.mark.parametrize(
    "daemon",
    [
        {"argv": ["dockerd", "-H", ":2375"]},
        {"argv": ["dockerd", "-H:2375"]},
        {"argv": ["dockerd", "-DH", "0.0.0.0:2375"]},
        {"argv": ["dockerd", "--host=0.0.0.0"]},
        {"argv": ["dockerd", "--host", "unix:///srv/second.sock"]},
        {"listens": [OWN, "tcp://[::]:2375"]},
        {"listens": [OWN, "tcp://127.0.0.1:8080"]},
        {"listens": [OWN, "unix:///srv/second.sock"]},
        {"argv": ["dockerd", "-H", "fd://"], "listens": [OWN, "unix:///srv/second.sock"]},
    ],
)
def test_an_engine_that_listens_past_the_guard(daemon: dict[str, Any]) -> None:
    told = prometheus(**of("monitoring"))
    told["engine"]["containers"].append({"name": "web", "inspect": {"NetworkSettings": PUBLISHED}})
    assert not counts(told, guarded(DEPLOYER, **daemon))


@pytest.mark.parametrize("hosts", [["0.0.0.0:2375"], [":2375"], ["tcp://127.0.0.1:2375"], ["unix:///srv/second.sock"]])
def test_an_engine_whose_settings_name_another_address(hosts: list[str]) -> None:
    settings = on_host(daemon_json={"hosts": ["unix:///var/run/docker.sock", *hosts]})
    told = machine(prometheus(**of("monitoring")), guarded(DEPLOYER), settings)
    says = [each.says for each in told.proofs if each.who]
    assert says and all(
        f"the engine also listens on {hosts[0]}, where the guard does not see who asks" in each for each in says
    ), says


def test_what_an_engine_behind_the_guard_listens_on_besides() -> None:
    """Its own sockets in its own folder, its metrics, the swarm's ports, and published ones."""
    argv = ["dockerd", "--metrics-addr=127.0.0.1:9323", "-H", OWN, "--host=fd://", "-H", "unix:///var/run/docker.sock"]
    inner = ["unix:///var/run/docker/metrics.sock", "unix:///run/docker/libnetwork/x.sock"]
    swarm = {"LocalNodeState": "active", "NodeID": "n", "RemoteManagers": [{"NodeID": "n", "Addr": "192.0.2.7:2400"}]}
    ports = ("127.0.0.1:9323", "[::]:2377", "[::]:7946", "[::]:2400", "0.0.0.0:8080", "[::]:30000")
    listens = ["unix:///run/docker.sock", *inner, *(f"tcp://{port}" for port in ports)]
    told = prometheus(**of("monitoring"))
    told["engine"]["containers"].append({"name": "web", "inspect": {"NetworkSettings": PUBLISHED}})
    services = {"Spec": {"Name": "s"}, "Endpoint": {"Ports": [{"Protocol": "tcp", "PublishedPort": 30000}]}}
    told["engine"]["services"] = [services]
    plugin = engine_says(Plugins={"Authorization": ["dockworthy"]}, Swarm=swarm)
    assert counts(told, guarded(DEPLOYER, plugin=plugin, argv=argv, listens=listens))


def test_who_answers_at_a_port_that_the_engine_holds() -> None:
    """A service of whose it is; where nobody knows for whom the port is, of whoever may make containers."""
    own = ["http://localhost:9093/api/v2/alerts"]
    fake = answer("Prometheus", targets=[target()], metrics=CADVISOR, alert_rules=3, alertmanagers=own)
    labels = {"com.docker.stack.namespace": "shop"}
    services = {"engine": {"services": [{"Spec": {"Name": "shop_web", "Labels": labels}}], "nodes": absent()}}
    for who in ("service/shop_web", "port/18091", "service/gone"):
        told = both(services, evidence(answers=[{**fake, "who": who}]))
        assert counts(told) and not counts(told, guarded(DEPLOYER)), who
    told = both(services, evidence(answers=[{**fake, "who": "service/shop_web"}]))
    assert counts(told, guarded({**DEPLOYER, "projects": ["bank"]}))


def test_the_reason_stands_in_the_finding() -> None:
    says = [each.says for each in machine(prometheus(**of("shop")), guarded(DEPLOYER)).proofs if each.who]
    assert says and all(
        "this proves nothing: user:mallory may create or change such containers here" in each for each in says
    ), says


def test_what_speaks_against_the_host_stands_whoever_made_it() -> None:
    down = answer("Prometheus", targets=[target("down")], metrics=CADVISOR, who="container/prom")
    part = {**prometheus(**of("shop")), **evidence(answers=[down])}
    assert outcome("machine/monitored", part, guarded(DEPLOYER)) is Outcome.FAIL


def test_a_prometheus_of_somebodys_collects_nothing_for_the_host() -> None:
    """Nor does somebody who asks, where containers of others may be that somebody."""
    engine = {**answer("Docker Engine", metrics=CADVISOR), "address": "http://127.0.0.1:8080", "who": "dockerd"}
    fake = answer("Prometheus", targets=[target()], metrics=CADVISOR, who="container/prom")
    asked = {**engine, "scrapes": 240, "uptime": 3600.0, "connected": True}
    for answers, holds in (([engine, fake], True), ([asked], True)):
        part = {**prometheus(**of("shop")), **evidence(answers=answers)}
        assert (outcome("machine/monitored", part) is Outcome.PASS) == holds
        assert outcome("machine/monitored", part, guarded(DEPLOYER)) is Outcome.UNKNOWN


def test_backups_updates_and_logs_of_somebodys_containers() -> None:
    shop = {"name": "tool", "inspect": {"Config": {"Image": "timberio/vector:1", "Labels": of("shop")}}}
    connected = [{"tool": "Vector", "who": "container/tool", "to": "192.0.2.9:443"}]
    lies = [store("restic", "/mnt/nas", local=False, newest=LAST_NIGHT, who="container/tool")]
    part = {"engine": {"containers": [shop]}, **evidence(connections=connected, stores=lies)}
    for control in ("engine/log-destination", "machine/backup-recent", "machine/backup-elsewhere"):
        assert outcome(control, part, engine_says(LoggingDriver="json-file")) is Outcome.PASS, control
        assert outcome(control, part, guarded(DEPLOYER)) is Outcome.UNKNOWN, control


def test_a_container_that_saved_once() -> None:
    ended = {"Status": "exited", "Running": False, "ExitCode": 0, "FinishedAt": LAST_NIGHT}
    mount = {"Type": "volume", "Name": "data", "Source": "/v/data/_data", "Destination": "/data", "RW": True}
    made = [
        {"name": "db", "inspect": {"Mounts": [mount]}},
        {
            "name": "save",
            "inspect": {
                "State": ended, "Mounts": [mount], "Config": {"Image": "restic/restic:0.18", "Labels": of("shop")},
            },
        },
    ]  # fmt: skip
    part = {"engine": {"containers": made}}
    assert outcome("machine/backup-evidence", part) is Outcome.PASS
    assert outcome("machine/backup-evidence", part, guarded(DEPLOYER)) is Outcome.UNKNOWN


def test_labels_of_a_project_that_somebody_may_write() -> None:
    def strengths(*more: dict[str, Any], folder: str = "/srv/shop") -> set[Strength]:
        labels = {**of("shop"), "com.docker.compose.project.working_dir": folder}
        web = {"name": "web", "inspect": {"Config": {"Labels": labels}}}
        part = {"engine": {"containers": [web]}, **evidence(projects=[project(folder=folder)])}
        return {each.strength for each in machine(part, *more).proofs if each.demand == "1.deploy"}

    for folder in ("/srv/shop", "/builds/shop"):
        assert strengths(folder=folder) == {Strength.MEASURED}
        assert strengths(guarded(DEPLOYER), folder=folder) == {Strength.SEEN}
        assert strengths(guarded({**DEPLOYER, "projects": ["bank"]}), folder=folder) == {Strength.MEASURED}


def test_a_service_whose_other_managers_have_guards_of_their_own() -> None:
    def node(role: str, *plugins: str) -> dict[str, Any]:
        listed = [{"Type": "Authorization", "Name": name} for name in plugins]
        engine = {"Plugins": [{"Type": "Log", "Name": "local"}, *listed]}
        return {"ID": role, "Spec": {"Role": role}, "Description": {"Hostname": "two", "Engine": engine}}

    def proven(nodes: dict[str, Any], *more: dict[str, Any]) -> bool:
        service = {"ID": "s", "Spec": {"Name": "web"}, "UpdateStatus": {"State": "rollback_completed"}}
        part = {"engine": {"services": known([service]), "nodes": nodes}}
        return outcome("machine/rollback-proven", part, *more) is Outcome.PASS

    assert proven(absent()) and proven(known([node("manager"), node("worker", "dockworthy")]))
    assert not proven(known([node("manager", "dockworthy")]))
    assert not proven(not_seen())
    assert not counts(prometheus(**{"com.docker.swarm.task.id": "t"}), {"engine": {"nodes": not_seen()}})


@pytest.mark.parametrize("moment", ["2099-01-01T00:00:00Z", "2026-11-24T14:00:00Z"])
def test_what_is_of_the_future_is_of_no_known_time(moment: str) -> None:
    lies = evidence(stores=[store("restic", "/srv/restic", newest=moment, count=9)])
    assert outcome("machine/backup-recent", lies) is Outcome.UNKNOWN
    assert any("in the future" in each.says for each in machine(lies).proofs)
    told = answer("Prometheus", targets=[{**target(), "last_scrape": moment}], metrics=CADVISOR)
    assert outcome("machine/monitored", evidence(answers=[told])) is Outcome.UNKNOWN
    drills = [
        {
            "demand": "3.db-backup", "does": "restore", "tool": "t", "says": "restored", "when": moment, "passed": True,
            "source": {"where": "x"},
        }
    ]  # fmt: skip
    assert outcome("machine/restore-proven", evidence(drills=drills)) is Outcome.UNKNOWN


def test_a_clock_that_is_a_little_ahead() -> None:
    young = evidence(stores=[store("restic", "/srv/restic", newest="2026-11-24T12:30:00Z", count=9)])
    assert outcome("machine/backup-recent", young) is Outcome.PASS


def _root_scrapes(address: str, *serves: str, who: str = "prometheus") -> dict[str, Any]:
    """A Prometheus of root's, which scrapes one target."""
    one = {**target(), "address": address, "serves": list(serves)}
    return evidence(answers=[{**answer("Prometheus", targets=[one], metrics=CADVISOR), "who": who}])


def _listening(port: int, program: str, uid: int = 0) -> dict[str, Any]:
    return on_host(
        listeners=[
            {"protocol": "tcp", "address": "0.0.0.0", "port": port, "pid": 9, "program": program, "uid": uid},
        ]
    )


def test_whose_target_a_prometheus_of_roots_scrapes() -> None:
    """What comes from somebody's container says nothing of the host, whoever scrapes it."""
    networks = {"Networks": {"x": {"IPAddress": "172.18.0.2", "Aliases": ["cad"]}}}
    web = {"name": "web", "inspect": {"Config": {"Labels": of("shop")}, "NetworkSettings": {**PUBLISHED, **networks}}}
    prom = {"name": "prom", "inspect": {"Config": {"Labels": of("monitoring")}, "NetworkSettings": networks}}
    part = {"engine": {"containers": [web, prom]}}
    roles = guarded(DEPLOYER)

    def monitored(told: dict[str, Any], *more: dict[str, Any]) -> Outcome:
        return outcome("machine/monitored", part, told, *more)

    for address in ("http://localhost:8080/cad", "http://10.0.0.9:8080/cad", "http://172.18.0.2/cad", "http://far:9/x"):
        for serves in (CADVISOR, []):
            assert monitored(_root_scrapes(address, *serves)) is Outcome.PASS
            assert monitored(_root_scrapes(address, *serves), roles) is Outcome.UNKNOWN, address
    cadvisor = _root_scrapes("http://localhost:8081/metrics", *CADVISOR)
    assert monitored(cadvisor, roles, _listening(8081, "cadvisor")) is Outcome.PASS
    assert monitored(cadvisor, roles, _listening(8081, "cadvisor", 7002)) is Outcome.UNKNOWN
    assert monitored(cadvisor, roles, _listening(8081, "docker-proxy")) is Outcome.UNKNOWN
    assert monitored(cadvisor, roles) is Outcome.UNKNOWN, "nobody was seen to listen there"
    shared = _root_scrapes("http://cad/metrics", *CADVISOR, who="container/prom")
    assert monitored(shared, roles) is Outcome.UNKNOWN, "two have that name"
    assert monitored(shared, guarded({**DEPLOYER, "projects": ["bank"]})) is Outcome.PASS


SHOPS_PORTS = {
    "8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}],
    "8090/tcp": [{"HostIp": "::1", "HostPort": "8090"}],
    "9093/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9093"}],
}
SHOPS = {
    "engine": {
        "containers": [
            {
                "name": name,
                "inspect": {
                    "Config": {"Labels": of(project)},
                    "NetworkSettings": {
                        "Networks": {"x": {"IPAddress": ip, "GlobalIPv6Address": six, "Aliases": [name]}},
                        "Ports": ports,
                    },
                },
            }
            for name, project, ip, six, ports in (
                ("web", "shop", "172.18.0.2", "fd00::2", SHOPS_PORTS),
                ("prom", "monitoring", "172.18.0.3", "fd00::3", {}),
            )
        ]
    }
}
OF_SHOP = (
    "http://[::1]:8080/m", "http://[::1]:8090/m", "http://localhost:8090/m", "http://LOCALHOST.:8080/m",
    "http://[::ffff:127.0.0.1]:8080/m", "http://127.1:8080/m", "http://0x7f000001:8080/m", "http://0.0.0.0:8080/m",
    "http://172.18.0.2/m", "http://[::ffff:172.18.0.2]/m", "http://[fd00:0:0::2]/m", "http://172.18.2/m",
)  # fmt: skip
ITS_NAMES = ("http://web/m", "http://WEB./m", "http://web.x/m")
LISTENS = on_host(
    listeners=[
        {"protocol": protocol, "address": address, "port": port, "pid": 9, "program": program, "uid": 0}
        for protocol, address, port, program in (
            ("tcp", "127.0.0.1", 8090, "cadvisor"),
            ("tcp6", "::1", 8091, "cadvisor"),
            ("tcp", "127.0.0.1", 80, "cadvisor"),
            ("tcp6", "::1", 9093, "alertmanager"),
        )
    ]
)


@pytest.mark.parametrize("address", OF_SHOP)
def test_a_target_is_somebodys_however_its_address_is_written(address: str) -> None:
    for who in ("prometheus", "container/prom"):
        told = _root_scrapes(address, *CADVISOR, who=who)
        if who == "container/prom" and address_of(urlsplit(address).hostname or "localhost") != address_of(
            "172.18.0.2"
        ):
            continue  # its loopback is its own
        assert outcome("machine/monitored", SHOPS, told) is Outcome.PASS
        assert outcome("machine/monitored", SHOPS, told, guarded(DEPLOYER), LISTENS) is Outcome.UNKNOWN, (who, address)


@pytest.mark.parametrize("address", ITS_NAMES)
def test_a_target_is_somebodys_by_each_of_its_names(address: str) -> None:
    told = _root_scrapes(address, *CADVISOR, who="container/prom")
    assert outcome("machine/monitored", SHOPS, told, guarded(DEPLOYER), LISTENS) is Outcome.UNKNOWN


@pytest.mark.parametrize("address", ["http://127.0.0.1:8090/m", "http://[::1]:8091/m", "http://localhost:8091/m"])
def test_a_target_at_one_family_is_whose_listener_is_there(address: str) -> None:
    told = _root_scrapes(address, *CADVISOR)
    assert outcome("machine/monitored", SHOPS, told, guarded(DEPLOYER), LISTENS) is Outcome.PASS


@pytest.mark.parametrize(
    ("who", "managers", "holds"),
    [
        ("prometheus", ["http://127.0.0.1:9093/api/v2/alerts"], False),
        ("prometheus", ["http://localhost:9093/api/v2/alerts"], False),
        ("prometheus", ["http://[::1]:9093/api/v2/alerts"], True),
        ("prometheus", ["http://web:9093/api/v2/alerts"], False),
        ("prometheus", ["http://alerts.example.com:9099/api/v2/alerts"], False),  # whose that is nobody knows here
        ("container/prom", ["http://web:9093/api/v2/alerts"], False),
        ("container/prom", ["http://prom:9093/api/v2/alerts"], True),
        ("container/prom", ["http://localhost:9093/api/v2/alerts"], True),
        ("container/prom", ["http://web:9093/api/v2/alerts", "http://prom:9093/api/v2/alerts"], True),
    ],
)
def test_alerts_count_where_they_reach_an_alertmanager_of_roots(who: str, managers: list[str], holds: bool) -> None:
    told = {**answer("Prometheus", targets=[target()], alert_rules=3, alertmanagers=managers), "who": who}
    part = evidence(answers=[told])
    assert outcome("machine/alerts", SHOPS, part) is Outcome.PASS
    wanted = Outcome.PASS if holds else Outcome.UNKNOWN
    assert outcome("machine/alerts", SHOPS, part, guarded(DEPLOYER), LISTENS) is wanted


def test_only_images_that_a_container_beyond_doubt_uses_were_renewed_for_the_host() -> None:
    """Who pulls an image for a container of theirs updates nothing of the host's."""
    image = {"Id": "sha256:a", "Metadata": {"LastTagTime": "2026-11-20T04:00:00Z"}}
    pulls = evidence(jobs=[job("update", "docker compose pull")])

    def updated(*projects: str) -> Outcome:
        users = [
            {"name": f"c{number}", "inspect": {"Image": "sha256:a", "Config": {"Image": "a", "Labels": of(project)}}}
            for number, project in enumerate(projects)
        ]
        part = both({"engine": {"images": [image], "containers": users}}, pulls)
        assert outcome("machine/updates-automatic", part) is Outcome.PASS
        return outcome("machine/updates-automatic", part, guarded(DEPLOYER))

    assert updated("shop") is Outcome.UNKNOWN
    assert updated("bank") is Outcome.PASS
    assert updated("shop", "bank") is Outcome.PASS


def test_a_pipelines_image_proves_it_only_in_a_container_beyond_doubt() -> None:
    """Two labels can call a container that of two projects: who may make one of them made it."""
    head = "0123456789abcdef0123456789abcdef01234567"
    image = {"Id": "sha256:a", "Config": {"Labels": {"org.opencontainers.image.revision": head}}}
    labels = {**of("bank"), "com.docker.compose.project.working_dir": "/srv/bank"}
    mine = {"name": "mine", "inspect": {"Config": {"Labels": labels}}}
    taken = {**labels, "com.docker.stack.namespace": "shop"}
    theirs = {"name": "theirs", "inspect": {"Image": "sha256:a", "Config": {"Labels": taken}}}
    where = {"name": "bank", "repository": "/srv/bank", "folder": "/srv/bank"}
    told = project(**where, pipelines=[".gitlab-ci.yml"], builds=True, head=head)
    part = both({"engine": {"images": [image], "containers": [mine, theirs]}}, evidence(projects=[told]))

    def strengths(*more: dict[str, Any]) -> set[Strength]:
        return {each.strength for each in machine(part, *more).proofs if each.demand == "5.pipeline"}

    assert strengths() == {Strength.MEASURED} and strengths(guarded(DEPLOYER)) == {Strength.SEEN}
