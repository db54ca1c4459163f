"""The engine's own metrics tell names and numbers to whoever asks, without a password."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.engine import Engine
from ...model.field import Set
from ...model.finding import Judgement, Outcome, Remedy, not_applicable
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_setting

_THIS_HOST = ("127.", "localhost:", "[::1]:")

control = Control(
    id="engine/metrics-address",
    title="The engine's metrics are served on this host only",
    fault="The engine's metrics are open to the network",
    rationale="The metrics address asks for no password and has no TLS. What containers do, how often and how many "
    "there are is for the monitoring, not for the network.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.ENGINE,
    references=(nist("4.4.2"),),
    remedy=Remedy(
        'Set `"metrics-addr": "127.0.0.1:9323"`, and let an agent on this host collect it.',
        "restart of the engine: containers stop unless live-restore is on",
    ),
    check_yourself="ss -ltnp | grep dockerd; grep -s metrics-addr /etc/docker/daemon.json",
    bad={"daemon.json": ['{"metrics-addr": "0.0.0.0:9323"}', '{"metrics-addr": ":9323"}']},
    good={"daemon.json": ['{"metrics-addr": "127.0.0.1:9323"}', '{"metrics-addr": "[::1]:9323"}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def metrics_address(engine: Engine) -> Judgement:
    address = engine.setting("metrics-addr")
    judgement = judge_setting(engine, "metrics-addr", _fault, "metrics are served on this host only")
    if judgement.outcome is Outcome.PASS and not (isinstance(address, Set) and address.value):
        return not_applicable("the engine serves no metrics (metrics-addr is not set)", address.source)
    return judgement


def _fault(address: Any) -> str:
    if not address or str(address).startswith(_THIS_HOST):
        return ""
    return f"metrics-addr {address}: everyone who reaches it can read the engine's metrics"
