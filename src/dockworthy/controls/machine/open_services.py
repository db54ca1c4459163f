"""A data service that asks no password gives everything to whoever reaches its port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.host import Firewall
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.services import QuestionOutcome, ServiceAnswer
from ..examples import both, known, on_host
from ._forward_rules import ForwardRules
from ._input_rules import InputRules


def _answers(service: str, port: int, answered: str, **more: Any) -> dict[str, Any]:
    answer = {"service": service, "address": "192.0.2.7", "port": port, "bound": "0.0.0.0", "asked": "PING", **more}
    return {"services_asked": known([{"answered": answered, **answer}])}


_OPEN_HOST = on_host(firewall={"backend": "nft", "input_policy": "accept"})

control = Control(
    id="machine/open-services",
    title="No service of this host answers strangers without a password",
    fault="{n} [service answers|services answer] strangers without a password",
    rationale="Redis, memcached, MongoDB, Elasticsearch, etcd and the engine's API ask nobody who they are unless somebody "
    "made them. Found by a scan they are read, emptied and held to ransom, or (Redis, the engine) they run programs.",
    level=Level.RESTRICTED,
    severity=Severity.CRITICAL,
    demand="5.network",
    also_for=("1.reach",),
    subject=Subject.MACHINE,
    references=(nist("4.4.2"), nist("4.5.1"), owasp("D03")),
    remedy=Remedy(
        "Publish it on 127.0.0.1, or not at all: containers on the same network reach each other without it. If others "
        "need it, set a password and TLS, and name in the firewall who may come.",
        "a port or a setting is changed by a restart of that service",
    ),
    check_yourself="ss -ltnp; docker ps --format '{{.Names}} {{.Ports}}'",
    bad={
        "snapshot": [
            both(_OPEN_HOST, _answers("Redis", 6379, "open", container="cache", inside=6379, says="+PONG")),
            both(_OPEN_HOST, _answers("memcached", 11211, "open", program="memcached")),
            _answers("Docker API", 2375, "open", container="tools", inside=2375),
        ]
    },
    good={
        "snapshot": [
            both(_OPEN_HOST, _answers("Redis", 6379, "password", container="cache", inside=6379)),
            _answers("memcached", 11211, "open", program="memcached"),
            {"services_asked": known([])},
        ]
    },
    unclear={
        "snapshot": [
            both(_OPEN_HOST, _answers("MongoDB", 27017, "silent", container="db", inside=27017)),
            both(_OPEN_HOST, _answers("Redis", 6379, "other", program="redis-server")),
            {"services_asked": {"is": "unknown", "reason": "not asked"}},
        ]
    },
)

_TELLS_ONLY = {"Prometheus", "Alertmanager", "node exporter", "cAdvisor"}
"""They come without users, hold no data of customers, and tell everything about this host."""
_GIVES_IMAGES = {"registry"}


@control.judge
def open_services(machine: Machine) -> Iterator[Judgement]:
    asked = machine.services_asked
    if not isinstance(asked, Set):
        reason = asked.reason if isinstance(asked, Unknown) else "no service was asked"
        yield unknown(reason, asked.source, tell=getattr(asked, "tell", ""))
        return
    if not asked.value:
        yield passed("nothing that may do without a password listens where others reach it", asked.source)
    rules = _Rules(machine)
    for answer in asked.value:
        yield _judge(rules, answer, asked.source)


def _judge(rules: _Rules, answer: ServiceAnswer, source: Source) -> Judgement:
    about, what = _about(answer), _what(answer)
    if answer.answered is QuestionOutcome.PASSWORD:
        says = f"{what} asks who it is, or refuses ({answer.asked} was answered: {answer.says})"
        return passed(says, source, about=about)
    if answer.answered is QuestionOutcome.SILENT:
        says = f"{what}: {answer.asked} got no answer in time"
        return unknown(says, source, tell="ask it from another machine of your network", about=about)
    if answer.answered is QuestionOutcome.OTHER:
        says = (
            f"{what}: the answer to {answer.asked} says neither yes nor no ({answer.says or 'not text'}); perhaps TLS"
        )
        return unknown(says, source, tell="look at its own settings for users and TLS", about=about)
    says = f"{what} did what a stranger asked ({answer.asked} was answered: {answer.says})"
    if rule := rules.keep_from_strangers(answer):
        return passed(f"{says}; {rule}", source, about=about)
    return structs.replace(
        failed(f"{says}, and no password was asked", source, about=about), severity=_severity(answer)
    )


class _Rules:
    """What of the firewall keeps others from a service, read once for all of them."""

    def __init__(self, machine: Machine) -> None:
        field = machine.host.firewall
        firewall = field.value if isinstance(field, Set) else Firewall("none")
        self._input = InputRules(firewall)
        self._forward = ForwardRules(firewall, (subnet for n in machine.networks for subnet in n.subnets))

    def keep_from_strangers(self, answer: ServiceAnswer) -> str:
        """The rule in words; `""` where nothing does, or where that is not known."""
        if answer.container:
            rule = self._forward.guarding_rule(answer.port, answer.inside)
            return f"limited by {rule}" if rule else ""
        if self._input.refuses_strangers and not self._input.opening_rule(answer.port, "tcp"):
            return "the host's firewall lets no stranger in"
        return ""


def _severity(answer: ServiceAnswer) -> Severity | None:
    if answer.service in _TELLS_ONLY:
        return Severity.LOW
    return Severity.HIGH if answer.service in _GIVES_IMAGES else None


def _about(answer: ServiceAnswer) -> str:
    address = f"[{answer.bound}]" if ":" in answer.bound else answer.bound
    return f"port/{address}:{answer.port}"


def _what(answer: ServiceAnswer) -> str:
    who = f"container {answer.container}" if answer.container else answer.program or "the host"
    return f"{answer.service} at {answer.address}:{answer.port} ({who})"
