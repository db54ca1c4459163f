"""A program of the host that listens on every address listens on the containers' side, too."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Firewall, Listener
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._input_rules import InputRules
from ._running import gap, running


def _listens(program: str, port: int, address: str = "0.0.0.0") -> dict[str, object]:
    return on_host(listeners=[{"protocol": "tcp", "address": address, "port": port, "pid": 7, "program": program}])


_WEB = {"engine": {"containers": [{"name": "web"}]}}
_OPEN = on_host(firewall={"backend": "nft", "input_policy": "accept"})

control = Control(
    id="machine/services-for-containers",
    title="The host's own services that ask for no password are closed to containers",
    fault="{n} [service of the host is|services of the host are] open to containers without a password",
    rationale="Every bridge has the host at its other end. What listens on every address there answers containers too, and "
    "these programs ask for no password unless somebody set one.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.reach",
    subject=Subject.MACHINE,
    references=(nist("4.5.1"), owasp("D03")),
    remedy=Remedy(
        "Let it listen on 127.0.0.1 or a socket, or set a password, or refuse the bridges in the host's INPUT rules.",
        "a restart of that service",
    ),
    check_yourself="ss -ltnp",
    bad={
        "snapshot": [
            both(_WEB, _OPEN, _listens("redis-server", 6379)),
            both(_WEB, _OPEN, _listens("memcached", 11211, "::")),
        ]
    },
    good={
        "snapshot": [
            both(_WEB, _OPEN, _listens("redis-server", 6379, "127.0.0.1")),
            both(_WEB, _OPEN, _listens("sshd", 22)),
            both(_WEB, _listens("mongod", 27017)),
        ]
    },
    unclear={
        "snapshot": [
            both(_WEB, _OPEN, on_host(listeners=not_seen())),
            both(_WEB, _listens("etcd", 2379), on_host(firewall=not_seen())),
        ]
    },
)

_ASK_NOBODY = frozenset(
    "redis-server redis-check-rdb valkey-server valkey-check-rdb keydb-server memcached mongod etcd zookeeper rpcbind elasticsearch influxd"
    " prometheus node_exporter cadvisor clickhouse-server nfsd rsync tftpd X Xorg kubelet consul".split()
)
"""Programs that ask for no password as they come."""
_EVERY = ("0.0.0.0", "::", "*")


@control.judge
def services_for_containers(machine: Machine) -> Iterator[Judgement]:
    listeners = machine.host.listeners
    if missing := gap(machine, "containers"):
        yield missing
    elif not running(machine):
        yield not_applicable("no container runs", Source("GET /containers/json"))
    elif not isinstance(listeners, Set):
        reason = listeners.reason if isinstance(listeners, Unknown) else "who listens is not known"
        yield unknown(reason, listeners.source, tell="ss -ltnp as root")
    else:
        wide = _wide_open(machine, listeners.value)
        yield from (_judge(machine, listener, listeners.source) for listener in wide.values())
        if not wide:
            yield passed("no such service listens on every address", listeners.source)


def _wide_open(machine: Machine, listeners: tuple[Listener, ...]) -> dict[int, Listener]:
    """Port -> who listens there on every address. A container with the host's network is the container's own matter."""
    inside = {
        process.pid
        for _, container in running(machine)
        if isinstance(container.processes, Set)
        for process in container.processes.value
    }
    found = [entry for entry in listeners if entry.program in _ASK_NOBODY and entry.address in _EVERY]
    return {entry.port: entry for entry in found if entry.pid not in inside}


def _judge(machine: Machine, listener: Listener, source: Source) -> Judgement:
    about = f"port/0.0.0.0:{listener.port}"
    says = f"{listener.program} listens on every address, port {listener.port}"
    firewall = machine.host.firewall
    if isinstance(firewall, Unknown):
        return unknown(f"{says}; {firewall.reason}", firewall.source, tell=firewall.tell, about=about)
    rules = InputRules(firewall.value if isinstance(firewall, Set) else Firewall("none"))
    if rules.refuses_strangers and not rules.opening_rule(listener.port, listener.protocol):
        return passed(f"{says}; the host's firewall refuses it", firewall.source, about=about)
    return failed(f"{says}, and nothing keeps containers from it", source, about=about)
