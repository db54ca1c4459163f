"""What monitoring says of itself, asked at local addresses: metrics that are served, and who collects them."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from ...model.evidence import ScrapeTarget, ToolAnswer
from ..host.masking import mask_urls
from ..host.root import clean
from .asking import Asker, HttpReply
from .endpoints import Endpoint

TELLING = {
    "node_cpu_seconds_total": "node exporter",
    "container_cpu_usage_seconds_total": "cAdvisor",
    "engine_daemon_container_states_containers": "Docker Engine",
    "prometheus_tsdb_head_series": "Prometheus",
    "alertmanager_alerts": "Alertmanager",
}
"""A metric -> the program that serves it about itself, the host or the containers."""
COLLECTED = ("node_cpu_seconds_total", "container_cpu_usage_seconds_total", "engine_daemon_container_states_containers")
_MOST_TARGETS = 50
_SCRAPES = re.compile(r'^promhttp_metric_handler_requests_total\{code="200"\} (\S+)', re.MULTILINE)
_STARTED = re.compile(r"^process_start_time_seconds (\S+)", re.MULTILINE)


async def read_answers(places: Sequence[Endpoint], held: Sequence[bool], asker: Asker) -> tuple[ToolAnswer, ...]:
    """One answer for each address, at once; `held` says whether somebody was connected before.

    What is on a well-known port and is no monitoring is left out.
    """
    answers = await asyncio.gather(*(_answer(place, asker) for place in places))
    told = zip(answers, held, strict=True)
    return tuple(structs.replace(answer, connected=was_held) for answer, was_held in told if answer.tool)


async def _answer(place: Endpoint, asker: Asker) -> ToolAnswer:
    tool = place.tool
    if tool in ("", "node exporter", "cAdvisor", "Docker Engine"):
        reply = await asker.get(place.host, place.port, "/metrics")
        found = _of_metrics(place, reply)
        if found.tool != "Prometheus":
            return found
        tool = found.tool
    if tool == "Prometheus":
        return await _prometheus(place, asker)
    if tool == "Alertmanager":
        return await _alertmanager(place, asker)
    return await _netdata(place, asker)


def _of_metrics(place: Endpoint, reply: HttpReply) -> ToolAnswer:
    """The program is told by what it serves, whatever was expected there."""
    served = tuple(name for name in TELLING if re.search(rf"^{name}[ {{]", reply.body, re.MULTILINE))
    own = next((TELLING[name] for name in ("prometheus_tsdb_head_series", "alertmanager_alerts") if name in served), "")
    tool = own or next((TELLING[name] for name in served), place.tool)
    problem = reply.problem or ("" if served else "it serves none of its metrics")
    scrapes, started = _SCRAPES.search(reply.body), _STARTED.search(reply.body)
    return ToolAnswer(
        tool,
        _address(place),
        clean(place.who),
        metrics=served,
        scrapes=int(_number(scrapes[1], -1)) if scrapes else -1,
        uptime=round(max(time.time() - _number(started[1], time.time()), 0.0)) if started else 0.0,
        problem=problem,
    )


async def _prometheus(place: Endpoint, asker: Asker) -> ToolAnswer:
    """Its targets, its alert rules, whom it hands alerts to, and whether it has metrics of containers."""
    paths = ["/api/v1/targets?state=active", "/api/v1/rules?type=alert", "/api/v1/alertmanagers"]
    paths += [f"/api/v1/targets/metadata?limit={_MOST_TARGETS}&metric={name}" for name in COLLECTED]
    replies = await asyncio.gather(*(asker.get(place.host, place.port, path) for path in paths))
    targets, rules, managers, *known = (_data(reply) for reply in replies)
    if targets is None:
        return ToolAnswer(
            "Prometheus", _address(place), clean(place.who), problem=replies[0].problem or "no answer in JSON"
        )
    served = {name: _labels_of_targets(data) for name, data in zip(COLLECTED, known, strict=True)}
    return ToolAnswer(
        "Prometheus",
        _address(place),
        clean(place.who),
        metrics=tuple(name for name, labels in served.items() if labels),
        targets=tuple(_target(one, served) for one in _list(targets, "activeTargets")[:_MOST_TARGETS]),
        alert_rules=-1 if rules is None else sum(len(_list(group, "rules")) for group in _list(rules, "groups")),
        alertmanagers=tuple(
            mask_urls(clean(str(one.get("url", "")))) for one in _list(managers, "activeAlertmanagers")
        ),
    )


async def _alertmanager(place: Endpoint, asker: Asker) -> ToolAnswer:
    """The names of those who get alerts; its settings, which hold passwords, are not asked for."""
    reply = await asker.get(place.host, place.port, "/api/v2/receivers")
    said = _json(reply.body)
    names = (
        [str(one["name"]) for one in said if isinstance(one, dict) and "name" in one] if isinstance(said, list) else []
    )
    problem = reply.problem or ("" if isinstance(said, list) else "no answer in JSON")
    return ToolAnswer("Alertmanager", _address(place), clean(place.who), receivers=tuple(names[:50]), problem=problem)


async def _netdata(place: Endpoint, asker: Asker) -> ToolAnswer:
    """Netdata collects, keeps and judges by itself; `collectors` tell whether it sees containers."""
    reply = await asker.get(place.host, place.port, "/api/v1/info")
    said = _json(reply.body)
    if not isinstance(said, dict) or "version" not in said:
        return _silent(place, place.tool, reply.problem)
    plugins = {str(one.get("plugin", "")) for one in _list(said, "collectors")}
    alarms = said.get("alarms")
    count = sum(n for n in alarms.values() if isinstance(n, int)) if isinstance(alarms, dict) else -1
    metrics = ("cgroups.plugin",) if "cgroups.plugin" in plugins else ()
    return ToolAnswer(place.tool, _address(place), clean(place.who), metrics=metrics, alert_rules=count)


def _silent(place: Endpoint, tool: str, problem: str) -> ToolAnswer:
    return ToolAnswer(tool, _address(place), clean(place.who), problem=problem or "no answer in JSON")


def _labels_of_targets(data: Any) -> list[Any]:
    """Of the targets that serve a metric now. (What `/api/v1/metadata` tells is of no target.)"""
    return (
        [one["target"] for one in data if isinstance(one, dict) and "target" in one] if isinstance(data, list) else []
    )


def _target(said: dict[str, Any], served: dict[str, list[Any]]) -> ScrapeTarget:
    labels = said.get("labels")
    return ScrapeTarget(
        clean(str(labels.get("job", ""))) if isinstance(labels, dict) else "",
        mask_urls(clean(str(said.get("scrapeUrl", "")).split("?", 1)[0])),
        str(said.get("health", "unknown")),
        str(said.get("lastScrape", "")),
        mask_urls(clean(str(said.get("lastError", ""))))[:200],
        serves=tuple(name for name, told in served.items() if labels in told),
    )


def _data(reply: HttpReply) -> Any:
    said = _json(reply.body)
    return said.get("data") if isinstance(said, dict) and said.get("status") == "success" else None


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _list(said: Any, key: str) -> list[dict[str, Any]]:
    value = said.get(key) if isinstance(said, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(text: str, default: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return default
    return number if math.isfinite(number) else default


def _address(place: Endpoint) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return f"http://{host}:{place.port}"
