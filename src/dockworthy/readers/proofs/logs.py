"""Proofs that logs leave this host (3.logs): a shipper that is connected to somewhere, a log service that forwards."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.evidence import Forwarding, Task
from ...model.field import Set, Source
from ...model.proof import Proof, Strength
from .surroundings import Surroundings, listed

DEMAND = "3.logs"
_BY_THE_HOST = ("journald", "syslog")
"""Log drivers that hand the containers' logs to the host's own log service."""


def read_logs(around: Surroundings) -> Iterator[Proof]:
    sent = {connection.who: connection.to for connection in reversed(listed(around.evidence.connections))}
    for seen in around.doing(Task.LOGS):
        if seen.who in sent:
            says = f"{seen.tool} ({seen.who}) runs and is connected to {sent[seen.who]}"
            yield Proof(DEMAND, seen.tool, Strength.MEASURED, says, Source("/proc/net/tcp"), Task.LOGS)
        else:
            says = f"{seen.tool} runs ({seen.who}, {seen.how}); where it sends logs to is unknown"
            yield Proof(DEMAND, seen.tool, Strength.SEEN, says, seen.source, Task.LOGS)
    for forwarding in listed(around.evidence.forwarding):
        yield _forwarded(around, forwarding)


def _forwarded(around: Surroundings, forwarding: Forwarding) -> Proof:
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
    return Proof(DEMAND, forwarding.tool, Strength.SEEN, says, forwarding.source, Task.LOGS, good=good)
