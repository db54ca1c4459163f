"""What a pod and its controller say of account, updates and placement."""

from __future__ import annotations

from ...model.field import Field, Set, Unset
from ...model.orchestrated import Orchestrated, Replacement
from ..yaml_source import Value
from .metadata import namespace_of, text_at
from .security_context import boolean

_STRATEGY_OF = {"Deployment": "strategy", "StatefulSet": "updateStrategy", "DaemonSet": "updateStrategy"}


def read_orchestrated(outer: Value, spec: Value, silent: Unset) -> Orchestrated:
    """`outer` is the object that names the pod, `spec` the pod's own."""
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    return Orchestrated(
        namespace=namespace_of(outer),
        service_account=silent if account is None else Set(account.scalar_text(), account.source),
        token_mounted=boolean(spec, "automountServiceAccountToken", silent),
        account_token=silent,
        grants=silent,
        policies=silent,
        budget=silent,
        replacement=_replacement(outer, silent),
        placement=_placement(spec, silent),
    )


def _replacement(outer: Value, silent: Unset) -> Field[Replacement]:
    """Unset for kinds that replace nothing by themselves, and where the platform's default (RollingUpdate) counts."""
    key = _STRATEGY_OF.get(text_at(outer, "kind"), "")
    strategy = outer.at("spec", key) if key else None
    kind = None if strategy is None else strategy.get("type")
    return silent if kind is None else Set(Replacement(kind.scalar_text()), kind.source)


def _placement(spec: Value, silent: Unset) -> Field[tuple[str, ...]]:
    spread = spec.get("topologySpreadConstraints")
    apart = spec.at("affinity", "podAntiAffinity")
    found = [
        (key, value) for key, value in (("topologySpreadConstraints", spread), ("podAntiAffinity", apart)) if value
    ]
    return Set(tuple(key for key, _ in found), found[0][1].source) if found else silent
