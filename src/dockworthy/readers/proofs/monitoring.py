"""Who watches, and where logs go."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import structs

from ...model.evidence import Forwarding, ScrapeTarget, ToolAnswer, ToolTask
from ...model.field import Set, Source
from ...model.host_addresses import address_of
from ...model.proof import Proof, Strength
from .scrape_targets import doubt_of_alerts, doubt_of_metric, place_of
from .surroundings import ProofSurroundings, ago, doubted, listed

_MONITOR = "1.monitor"
OF_CONTAINERS = ("container_cpu_usage_seconds_total", "engine_daemon_container_states_containers", "cgroups.plugin")
"""Metrics that speak of containers, one by one or as a whole."""
_LATEST = 1 / 24
"""Days since the last scrape of a target that is scraped."""
_BROKEN = ("it serves none", "it answers 5")
"""It answered, and not with metrics. (One that is silent may only be slow.)"""
_SELDOM = 600.0
"""Seconds between two scrapes: what is asked less often is not monitored."""


def read_monitoring(around: ProofSurroundings) -> Iterator[Proof]:
    answers = listed(around.evidence.answers)
    proven = set()
    scraped = {
        place_of(target.address)
        for answer in answers
        for target in answer.targets
        if _is_up(around, target) and not around.makers.doubt(answer.who)
    }
    for answer in answers:
        for proof in _of_answer(around, answer, scraped):
            proven.add(answer.who)
            yield structs.replace(proof, who=answer.who)
    sending = {connection.who: connection for connection in listed(around.evidence.connections)}
    for seen in around.doing(ToolTask.METRICS):
        if seen.who in proven or seen.tool == "Prometheus":
            continue
        if (sent := sending.get(seen.who)) is not None:
            says = f"{seen.tool} ({seen.who}) runs and is connected to {sent.to}"
            yield _proof(ToolTask.METRICS, seen.tool, Strength.MEASURED, says, Source("/proc/net/tcp"), who=seen.who)
        else:
            yield _proof(
                ToolTask.METRICS, seen.tool, Strength.SEEN, f"{seen.tool} runs ({seen.who}, {seen.how})", seen.source
            )


def _of_answer(around: ProofSurroundings, answer: ToolAnswer, scraped: set[tuple[str, int]]) -> Iterator[Proof]:
    if answer.problem:
        broken = answer.problem.startswith(_BROKEN)
        says = f"{answer.tool} ({answer.who}) at {answer.address}: {answer.problem}"
        yield _proof(_task(answer), answer.tool, Strength.SEEN, says, Source(answer.address), good=not broken)
    elif answer.tool == "Prometheus" and answer.targets:
        yield from _of_prometheus(around, answer)
    elif answer.tool == "Alertmanager":
        to = ", ".join(answer.receivers) or "nobody"
        yield _proof(ToolTask.ALERTS, answer.tool, Strength.SEEN, f"Alertmanager sends to {to}", Source(answer.address))
    elif answer.tool == "Netdata":
        yield from _of_netdata(answer)
    else:
        yield _of_exporter(around, answer, scraped)


def _of_prometheus(around: ProofSurroundings, answer: ToolAnswer) -> Iterator[Proof]:
    up = [target for target in answer.targets if _is_up(around, target)]
    known = [name for name in answer.metrics if name in OF_CONTAINERS]
    count = f"{len(up)} of {len(answer.targets)} targets up"
    source = Source(f"{answer.address}/api/v1/targets")
    ahead = [target for target in answer.targets if target.health == "up" and around.is_to_come(target.last_scrape)]
    if not up and ahead:
        says = f"Prometheus ({answer.who}): its targets were scraped {around.ago(ahead[0].last_scrape)}"
        yield _proof(ToolTask.METRICS, "Prometheus", Strength.SEEN, says, source)
    elif not up:
        worst = answer.targets[0]
        error = f": {worst.job} {worst.address}: {worst.error or worst.health}"
        yield _proof(
            ToolTask.METRICS, "Prometheus", Strength.MEASURED, f"Prometheus: {count}{error}", source, good=False
        )
    elif known:
        last = ago(max((d for t in up if (d := around.days_since(t.last_scrape)) is not None), default=None))
        doubts = {name: doubt_of_metric(around, answer, name, up) for name in known}
        best = min(known, key=lambda name: len(doubts[name]))
        says = f"Prometheus ({answer.who}) collects {best}; {count}, scraped {last}"
        yield doubted(_proof(ToolTask.METRICS, "Prometheus", Strength.MEASURED, says, source), doubts[best])
    else:
        what = "metrics of the host, none of containers" if answer.metrics else "neither metrics of host nor containers"
        yield _proof(ToolTask.METRICS, "Prometheus", Strength.SEEN, f"Prometheus collects {what}; {count}", source)
    yield from _rules(around, answer)


def _rules(around: ProofSurroundings, answer: ToolAnswer) -> Iterator[Proof]:
    source = Source(f"{answer.address}/api/v1/rules")
    rules = "Prometheus watches " + ("1 alert rule" if answer.alert_rules == 1 else f"{answer.alert_rules} alert rules")
    if answer.alert_rules > 0 and answer.alertmanagers:
        says = f"{rules} and hands alerts to {', '.join(answer.alertmanagers)}"
        proof = _proof(ToolTask.ALERTS, "Prometheus", Strength.MEASURED, says, source)
        yield doubted(proof, doubt_of_alerts(around, answer))
    elif answer.alert_rules > 0:
        says = f"{rules}, and has no Alertmanager to hand alerts to"
        yield _proof(ToolTask.ALERTS, "Prometheus", Strength.MEASURED, says, source, good=False)
    else:
        says = "Prometheus has no alert rule" if answer.alert_rules == 0 else "Prometheus does not tell its alert rules"
        yield _proof(ToolTask.ALERTS, "Prometheus", Strength.SEEN, says, source)


def _of_netdata(answer: ToolAnswer) -> Iterator[Proof]:
    source = Source(f"{answer.address}/api/v1/info")
    if answer.metrics:
        says = f"Netdata ({answer.who}) answers and measures the containers' control groups"
        yield _proof(ToolTask.METRICS, "Netdata", Strength.MEASURED, says, source)
    else:
        yield _proof(ToolTask.METRICS, "Netdata", Strength.SEEN, f"Netdata ({answer.who}) answers", source)
    if answer.alert_rules > 0:
        says = f"Netdata watches {answer.alert_rules} alarms; whom it tells is unknown"
        yield _proof(ToolTask.ALERTS, "Netdata", Strength.SEEN, says, source)


def _of_exporter(around: ProofSurroundings, answer: ToolAnswer, scraped: set[tuple[str, int]]) -> Proof:
    """An exporter keeps nothing: it counts where somebody collects what it serves, and it speaks of containers."""
    source = Source(f"{answer.address}/metrics")
    serves = f"{answer.tool} ({answer.who}) serves {answer.metrics[0] if answer.metrics else 'metrics'}"
    by, certain = _collected_by(answer, scraped)
    if by and not certain and around.makers.anybody:
        says = f"{serves}, {by}; who that is, is not known: {around.makers.anybody}"
        return _proof(ToolTask.METRICS, answer.tool, Strength.SEEN, says, source)
    if by and any(name in OF_CONTAINERS for name in answer.metrics):
        return _proof(ToolTask.METRICS, answer.tool, Strength.MEASURED, f"{serves}, {by}", source)
    if by:
        says = f"{serves} of the host, none of containers, {by}"
        return _proof(ToolTask.METRICS, answer.tool, Strength.SEEN, says, source)
    return _proof(ToolTask.METRICS, answer.tool, Strength.SEEN, f"{serves}; nobody was seen to collect it", source)


def _collected_by(answer: ToolAnswer, scraped: set[tuple[str, int]]) -> tuple[str, bool]:
    """In words, and is it known who it is?"""
    url = urlsplit(answer.address)
    if any(port == url.port and _is_same(host, url.hostname or "") for host, port in scraped):
        return "collected by a Prometheus here", True
    often = answer.scrapes >= 3 and answer.uptime / answer.scrapes <= _SELDOM
    if answer.connected and often:
        return f"asked {answer.scrapes} times since it started, by somebody who is connected now", False
    return "", False


def _is_same(host: str, own: str) -> bool:
    """By what other name than `localhost` a Prometheus here may call this host is not known: the port decides."""
    address = address_of(own)
    return host == own or (address is not None and (address.is_loopback or address == address_of(host)))


def _is_up(around: ProofSurroundings, target: ScrapeTarget) -> bool:
    days = around.days_since(target.last_scrape)
    return target.health == "up" and days is not None and days <= _LATEST


def _task(answer: ToolAnswer) -> ToolTask:
    return ToolTask.ALERTS if answer.tool == "Alertmanager" else ToolTask.METRICS


def _proof(
    task: ToolTask, tool: str, strength: Strength, says: str, source: Source, *, good: bool = True, who: str = ""
) -> Proof:
    return Proof(_MONITOR, tool, strength, says, source, task, good=good, who=who)


_LOGS = "3.logs"
_BY_THE_HOST = ("journald", "syslog")
"""Log drivers that hand the containers' logs to the host's own log service."""


def read_logs(around: ProofSurroundings) -> Iterator[Proof]:
    sent = {connection.who: connection.to for connection in reversed(listed(around.evidence.connections))}
    for seen in around.doing(ToolTask.LOGS):
        if seen.who in sent:
            says = f"{seen.tool} ({seen.who}) runs and is connected to {sent[seen.who]}"
            yield Proof(_LOGS, seen.tool, Strength.MEASURED, says, Source("/proc/net/tcp"), ToolTask.LOGS, who=seen.who)
        else:
            says = f"{seen.tool} runs ({seen.who}, {seen.how}); where it sends logs to is unknown"
            yield Proof(_LOGS, seen.tool, Strength.SEEN, says, seen.source, ToolTask.LOGS)
    for forwarding in listed(around.evidence.forwarding):
        yield _forwarded(around, forwarding)


def _forwarded(around: ProofSurroundings, forwarding: Forwarding) -> Proof:
    """What the log service forwards are the containers' logs only where it gets them."""
    info = around.snapshot.engine.info
    driver = str(info.value.get("LoggingDriver", "")) if isinstance(info, Set) else ""
    says = f"{forwarding.tool} forwards to {forwarding.to}"
    if forwarding.container_files:
        says += ", the containers' log files with it"
    elif driver in _BY_THE_HOST:
        says += f", and gets the containers' logs by the log driver {driver}"
    else:
        says += f"; the containers' logs (log driver {driver or 'unknown'}) do not pass through it"
    good = forwarding.container_files or not driver or driver in _BY_THE_HOST
    return Proof(_LOGS, forwarding.tool, Strength.SEEN, says, forwarding.source, ToolTask.LOGS, good=good)
