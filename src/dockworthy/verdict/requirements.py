"""Each demand becomes required, advised or not needed by what a team intends, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model.demands import DEMANDS
from ..model.policy import Availability, Code, Data, Exposure, Intent
from ..model.requirement import Need, Requirement

STRICTEST_USUAL = Intent(Data.PRECIOUS, Code.THIRD_PARTY, Exposure.INTERNET, Availability.ZERO_DOWNTIME)
"""What is assumed of that which nobody stated."""

_Condition = tuple[Callable[[Intent], bool], str]


def _several_operators(intent: Intent) -> bool:
    return (intent.team.operators or 1) > 1


PRECIOUS: _Condition = (lambda i: i.data is Data.PRECIOUS, "the data is precious")
UNTRUSTED: _Condition = (lambda i: i.code is Code.UNTRUSTED, "the code is not trusted")
NOT_OWN: _Condition = (lambda i: i.code is not Code.OWN, "others wrote the code")
INTERNET: _Condition = (lambda i: i.exposure is Exposure.INTERNET, "it is open to the internet")
NOT_PRIVATE: _Condition = (lambda i: i.exposure is not Exposure.PRIVATE, "others can reach it")
NO_DOWNTIME: _Condition = (lambda i: i.availability is not Availability.BEST_EFFORT, "no downtime is accepted")
HOST_LOSS: _Condition = (
    lambda i: i.availability is Availability.SURVIVES_HOST_LOSS,
    "it must survive the loss of a host",
)
SEVERAL: _Condition = (_several_operators, "several people work on it")
ALWAYS: _Condition = (lambda _: True, "every use needs it")


class _Rule(NamedTuple):
    required: tuple[_Condition, ...]
    otherwise: Need = Need.ADVISED
    because: str = "it pays, and this use does not depend on it"


_RULES: dict[str, _Rule] = {
    "1.intent": _Rule((ALWAYS,)),
    "1.monitor": _Rule((PRECIOUS, NO_DOWNTIME, INTERNET)),
    "1.deploy": _Rule((NO_DOWNTIME, SEVERAL)),
    "1.backup": _Rule((PRECIOUS,), Need.NOT_NEEDED, "nothing here is lost for good"),
    "1.update": _Rule((INTERNET, NOT_OWN)),
    "2.immutable": _Rule((INTERNET, UNTRUSTED)),
    "2.redeploy": _Rule((INTERNET, NOT_OWN)),
    "2.policy": _Rule((UNTRUSTED, SEVERAL)),
    "3.zero-downtime": _Rule((NO_DOWNTIME,), Need.NOT_NEEDED, "downtime is accepted"),
    "3.registry": _Rule((UNTRUSTED,)),
    "3.rollback": _Rule((NO_DOWNTIME,)),
    "3.setup": _Rule((HOST_LOSS,)),
    "3.auto-deploy": _Rule((SEVERAL, HOST_LOSS)),
    "3.db-backup": _Rule((PRECIOUS,), Need.NOT_NEEDED, "nothing here is lost for good"),
    "4.path": _Rule(()),
    "5.cleanup": _Rule(()),
    "5.pipeline": _Rule((SEVERAL, HOST_LOSS)),
    "5.security-early": _Rule((UNTRUSTED,)),
    "5.network": _Rule((NOT_PRIVATE,)),
    "6.current-images": _Rule((INTERNET, NOT_OWN)),
    "6.one-process": _Rule(()),
    "6.efficient": _Rule((NO_DOWNTIME,)),
    "6.orchestrators": _Rule((HOST_LOSS,), Need.ADVISED, "one host needs no orchestrator"),
    "7.not-blind": _Rule(()),
}
"""Demands that are not listed are required of every use."""

_EVERY_USE = _Rule((ALWAYS,))


def assumed(intent: Intent) -> Intent:
    """The intent with what nobody stated filled in by the strictest of usual uses."""
    usual = STRICTEST_USUAL
    return Intent(
        intent.data or usual.data,
        intent.code or usual.code,
        intent.exposure or usual.exposure,
        intent.availability or usual.availability,
        intent.team,
        intent.compliance,
    )


def requirements(intent: Intent) -> dict[str, Requirement]:
    """Demand id -> what the intent makes of it. The intent must be whole: see `assumed`."""
    return {demand: _requirement(_RULES.get(demand, _EVERY_USE), intent) for demand in DEMANDS}


def _requirement(rule: _Rule, intent: Intent) -> Requirement:
    reasons = [because for holds, because in rule.required if holds(intent)]
    if reasons:
        return Requirement(Need.REQUIRED, " and ".join(reasons[:2]))
    return Requirement(rule.otherwise, rule.because)
