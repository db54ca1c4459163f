"""An engine that listens on TCP without demanding certificates gives root to whoever connects."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown, Unset
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host, settings_not_seen
from ..machine._published import published
from ._settings import texts, value_or_none

_ABOUT = "engine"
_SWARM_PORTS = ("2377", "7946")
_FLAGS = ("--host=fd://", "--host=tcp://0.0.0.0:2376")


def _daemon(*flags: str, listens: tuple[str, ...] = ()) -> dict[str, Any]:
    argv = ["/usr/bin/dockerd", *flags]
    return on_host(daemon={"pid": 7, "argv": argv, "executable": "/usr/bin/dockerd", "listens": list(listens)})


_PUBLISHED: dict[str, Any] = {
    "engine": {
        "containers": [
            {
                "name": "web",
                "inspect": {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}}},
            }
        ]
    }
}


control = Control(
    id="engine/api-tls",
    title="The engine's API is on no network, or demands client certificates",
    fault="The engine's API is on the network and asks for no client certificate",
    rationale="Whoever reaches the API is root on this host: one request starts a container with the host's file "
    "system in it. Without `tlsverify` nobody is asked who they are; the address 127.0.0.1 is no protection from "
    "programs and browsers on this host.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="3.least-privilege",
    also_for=("5.network",),
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "2.7"), cis("1.8.0", "2.8"), nist("4.3.2"), owasp("D04")),
    remedy=Remedy(
        "Remove the tcp:// address from daemon.json (`hosts`) and from the unit (`systemctl edit docker`), and reach the "
        "engine through SSH (DOCKER_HOST=ssh://user@host). Where TCP must be: `tlsverify` with `tlscacert`, `tlscert` and "
        "`tlskey`; `dockworthy harden --remote-access ADDRESS` makes the certificates.",
        "restart of the engine: containers stop unless live-restore is on; clients need certificates",
        "systemctl daemon-reload && systemctl restart docker",
    ),
    check_yourself="ss -ltnp | grep dockerd; systemctl show -p ExecStart docker; grep -s hosts /etc/docker/daemon.json",
    bad={
        "daemon.json": [
            '{"hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"]}',
            '{"hosts": ["tcp://127.0.0.1:2375"]}',
            '{"hosts": ["tcp://0.0.0.0:2376"], "tls": true}',
        ],
        "snapshot": [_daemon(*_FLAGS), _daemon("-H", "fd://", listens=("tcp://[::]:2375",))],
    },
    good={
        "daemon.json": '{"hosts": ["tcp://0.0.0.0:2376"], "tlsverify": true}',
        "snapshot": [
            _daemon(*_FLAGS, "--tlsverify", listens=("tcp://[::]:2376",)),
            both(_daemon("--host=fd://", "--tlsverify", listens=("tcp://[::]:8080", "tcp://[::]:2376")), _PUBLISHED),
        ],
    },
    unclear={"snapshot": both(settings_not_seen(), on_host(listeners=not_seen()))},
)


@control.judge
def api_tls(machine: Machine) -> Judgement:
    hosts = machine.engine.setting("hosts")
    open_addresses = _addresses(machine)
    if not open_addresses:
        if isinstance(hosts, Unknown) and isinstance(machine.host.daemon, Unknown):
            return unknown(hosts.reason, hosts.source, tell=hosts.tell, about=_ABOUT)
        return not_applicable("the engine listens on no TCP address", hosts.source, about=_ABOUT)
    verify = machine.engine.setting("tlsverify")
    where = ", ".join(sorted(open_addresses))
    if isinstance(verify, Unknown):
        return unknown(f"it listens on {where}; {verify.reason}", verify.source, tell=verify.tell, about=_ABOUT)
    if value_or_none(verify) is True:
        return passed(f"{where} demands client certificates (tlsverify)", verify.source, about=_ABOUT)
    tls = machine.engine.setting("tls")
    asks = "encrypts, but asks no client certificate" if value_or_none(tls) is True else "asks nobody who they are"
    return Judgement(Outcome.FAIL, (Evidence(f"{where} {asks}", hosts.source),), about=_ABOUT)


def _addresses(machine: Machine) -> set[str]:
    """TCP addresses that are written, and those that the process really listens on, without swarm and metrics; nor those
    of published ports, which the engine itself holds where `userland-proxy` is off."""
    written = {host for host in texts(value_or_none(machine.engine.setting("hosts"))) if host.startswith("tcp://")}
    daemon = machine.host.daemon
    if isinstance(daemon, Unknown | Unset):
        return written
    ports = {address.rsplit(":", 1)[-1] for address in written}
    listens = {address for address in daemon.value.listens if address.startswith("tcp://")}
    mine = {address for address in listens if not _has_other_purpose(machine, address)}
    return written | {address for address in mine if address.rsplit(":", 1)[-1] not in ports}


def _has_other_purpose(machine: Machine, address: str) -> bool:
    port = address.rsplit(":", 1)[-1]
    in_swarm = machine.engine.in_swarm
    if port in _SWARM_PORTS and isinstance(in_swarm, Set) and in_swarm.value:
        return True
    if port in {str(each.port) for each in published(machine) if each.protocol == "tcp"}:
        return True
    return port == str(value_or_none(machine.engine.setting("metrics-addr"))).rsplit(":", 1)[-1]
