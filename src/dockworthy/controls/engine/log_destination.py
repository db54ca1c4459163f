"""Logs that stay on the host are gone with the host, and an intruder can rewrite them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...model.control import Control, Subject, cis, owasp
from ...model.field import Source, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.proof import Strength
from ..examples import both, engine_says, known, on_host, settings_not_seen
from ._settings import value_or_none

_ABOUT = "engine"
_TELL = "whoever keeps the logs: is there a line of this host of the last hour?"
_LOCAL = ("json-file", "local", "journald", "none", "etwlogs")
_BY_ADDRESS = {"syslog": "syslog-address", "gelf": "gelf-address", "fluentd": "fluentd-address"}


def _driver(name: str, **evidence: list[dict[str, Any]]) -> dict[str, Any]:
    """This log driver, and what ships logs; what is not named was looked for and is not there."""
    lists = {"running": [], "forwarding": [], "connections": [], **evidence}
    part = {"evidence": {key: known(entries) for key, entries in lists.items()}}
    return both(on_host(daemon_json={"log-driver": name}), engine_says(LoggingDriver=name), part)


_VECTOR = {"tool": "Vector", "does": ["logs"], "program": "vector", "pid": 700}
_CONNECTED = {"tool": "Vector", "who": "vector", "to": "192.0.2.9:6514"}
_RSYSLOG = {"tool": "rsyslog", "to": "192.0.2.9:6514", "source": {"where": "/etc/rsyslog.d/away.conf", "line": 1}}

control = Control(
    id="engine/log-destination",
    title="Container logs leave the host for a central place",
    fault="Container logs stay on this host",
    rationale="After an intrusion the logs on the host are worth nothing, and after a broken disk there are none. "
    "Gathered in one place they can be searched over hosts and kept when the container is gone.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.logs",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "2.13"), cis("1.8.0", "2.14"), owasp("D10")),
    remedy=Remedy(
        "Run a log collector (Vector, Fluent Bit, Alloy) that reads the containers' logs, or set a log driver that "
        "sends them away.",
        "a log driver: restart of the engine and recreated containers; a collector: one more container",
    ),
    check_yourself="docker info -f '{{.LoggingDriver}}'; docker ps --format '{{.Image}}'",
    bad={
        "daemon.json": [
            '{"log-driver": "json-file"}',
            '{"log-driver": "syslog"}',
            '{"log-driver": "fluentd", "log-opts": {"fluentd-address": "localhost:24224"}}',
        ],
        "snapshot": [
            _driver("json-file"),
            _driver("none"),
            _driver("none", running=[_VECTOR], connections=[_CONNECTED]),
        ],
    },
    good={
        "daemon.json": [
            '{"log-driver": "syslog", "log-opts": {"syslog-address": "tcp+tls://logs.example.com:6514"}}',
            '{"log-driver": "gelf", "log-opts": {"gelf-address": "udp://logs.example.com:12201"}}',
            '{"log-driver": "awslogs"}',
        ],
        "snapshot": _driver("json-file", running=[_VECTOR], connections=[_CONNECTED]),
    },
    unclear={
        "snapshot": [
            settings_not_seen(),
            _driver("json-file", running=[_VECTOR]),
            _driver("journald", forwarding=[_RSYSLOG]),
            {"evidence": {}},
            {"engine": {"containers": [{"name": "promtail", "inspect": {"Config": {"Image": "grafana/promtail:3"}}}]}},
        ],
    },
)


@control.judge
def log_destination(machine: Machine) -> Judgement:
    driver, options = machine.engine.setting("log-driver"), machine.engine.setting("log-opts")
    if isinstance(driver, Unknown):
        return unknown(driver.reason, driver.source, tell=driver.tell, about=_ABOUT)
    name = str(value_or_none(driver))
    if name in _BY_ADDRESS and isinstance(options, Unknown):
        return unknown(f"log driver {name}; {options.reason}", options.source, tell=options.tell, about=_ABOUT)
    address = _address(name, value_or_none(options))
    if name not in _LOCAL and (name not in _BY_ADDRESS or _is_elsewhere(address)):
        return passed(f"log driver {name} {address}".rstrip(), driver.source, about=_ABOUT)
    return _shipped(
        machine, f"log driver {name} to {address}" if address else f"log driver {name}", name, driver.source
    )


def _shipped(machine: Machine, says: str, driver: str, place: Source | None) -> Judgement:
    """What takes the logs away that the driver leaves here. A tool that runs has not yet sent anything."""
    found = [proof for proof in machine.proofs if proof.demand == "3.logs"]
    proofs = [proof for proof in found if proof.good]
    measured = [proof for proof in proofs if proof.strength is Strength.MEASURED]
    if driver == "none":
        return failed(f"{says}: what containers write is thrown away", place, about=_ABOUT)
    if measured:
        return passed(f"{says}, and {measured[0].says}", measured[0].source, about=_ABOUT)
    if proofs:
        return unknown(f"{says}, and {proofs[0].says}", proofs[0].source, tell=_TELL, about=_ABOUT)
    if isinstance(machine.evidence.running, Unknown):
        reason = machine.evidence.running.reason
        return unknown(
            f"{says}: logs stay on this host; what ships them was not seen: {reason}", place, tell=_TELL, about=_ABOUT
        )
    ships = found[0].says if found else "nothing was seen that ships them"
    return failed(f"{says}: logs stay on this host; {ships}", place, about=_ABOUT)


def _address(driver: str, options: Any) -> str:
    return str(options.get(_BY_ADDRESS.get(driver, ""), "")) if isinstance(options, dict) else ""


def _is_elsewhere(address: str) -> bool:
    """An address without a scheme is a host; none at all, or a socket file, is this host."""
    try:
        host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    except ValueError:
        return False
    return host not in ("", "localhost", "::1") and not host.startswith("127.")
