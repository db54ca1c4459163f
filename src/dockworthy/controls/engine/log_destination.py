"""Logs that stay on the host are gone with the host, and an intruder can rewrite them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...model.control import Control, Subject, cis, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import settings_not_seen
from ._settings import value_or_none

_ABOUT = "engine"
_LOCAL = ("json-file", "local", "journald", "none", "etwlogs")
_BY_ADDRESS = {"syslog": "syslog-address", "gelf": "gelf-address", "fluentd": "fluentd-address"}
_COLLECTORS = (
    "alloy", "datadog/agent", "elastic-agent", "filebeat", "fluent-bit", "fluentd", "grafana-agent", "logspout",
    "logstash", "opentelemetry-collector", "otelcol", "promtail", "splunk", "syslog-ng", "vector",
)  # fmt: skip

control = Control(
    title="Container logs leave the host for a central place",
    rationale="After an intrusion the logs on the host are worth nothing, and after a broken disk there are none. "
    "Gathered in one place they can be searched over hosts and kept when the container is gone.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.logs",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "2.13"), cis("1.8.0", "2.14"), owasp("D10")),
    remedy=Remedy(
        "Run a log collector (Vector, Fluent Bit, Alloy) that reads the containers' logs, or set a log driver that "
        "sends them away. A collector that runs on the host itself is not seen here: state an exception for it.",
        "a log driver: restart of the engine and recreated containers; a collector: one more container",
    ),
    check_yourself="docker info -f '{{.LoggingDriver}}'; docker ps --format '{{.Image}}'",
    bad={
        "daemon.json": [
            '{"log-driver": "json-file"}',
            '{"log-driver": "syslog"}',
            '{"log-driver": "fluentd", "log-opts": {"fluentd-address": "localhost:24224"}}',
        ]
    },
    good={
        "daemon.json": [
            '{"log-driver": "syslog", "log-opts": {"syslog-address": "tcp+tls://logs.example.com:6514"}}',
            '{"log-driver": "gelf", "log-opts": {"gelf-address": "udp://logs.example.com:12201"}}',
            '{"log-driver": "awslogs"}',
        ]
    },
    unclear={"snapshot": settings_not_seen()},
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
    collector = _collector(machine)
    if collector and name != "none":
        return passed(f"log driver {name}, and {collector} collects", driver.source, about=_ABOUT)
    to = f"log driver {name} to {address}" if address else f"log driver {name}"
    return failed(
        f"{to}: logs stay on this host, and no container is a known log collector", driver.source, about=_ABOUT
    )


def _address(driver: str, options: Any) -> str:
    return str(options.get(_BY_ADDRESS.get(driver, ""), "")) if isinstance(options, dict) else ""


def _is_elsewhere(address: str) -> bool:
    """An address without a scheme is a host; none at all, or a socket file, is this host."""
    try:
        host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    except ValueError:
        return False
    return host not in ("", "localhost", "::1") and not host.startswith("127.")


def _collector(machine: Machine) -> str:
    """The first running container whose image is a known log collector, `""` where there is none."""
    for container in (container for unit in machine.units for container in unit.containers):
        image = container.image.value if isinstance(container.image, Set) else ""
        runs = isinstance(container.state, Set) and container.state.value.running
        if runs and any(name in image.rsplit("@", 1)[0] for name in _COLLECTORS):
            return f"{container.name} ({image})"
    return ""
