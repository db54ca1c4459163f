"""Roles, bindings and namespaces. Source: the Kubernetes API reference, rbac.authorization.k8s.io/v1."""

from __future__ import annotations

from ...model.access import Access, Holder, Rule
from ...model.field import Set, Unset
from ..yaml_source import Value
from .metadata import is_platforms_own, name_of, namespace_of, own_kind_of, text_at, texts_at

_ENFORCE = "pod-security.kubernetes.io/enforce"


def read_role(document: Value) -> Access:
    """A ClusterRole that gathers others (`aggregationRule`) has the rules that the API server has written into it."""
    rules = document.get("rules")
    return _access(document, rules=() if rules is None else tuple(_rule(rule) for rule in rules.items()))


def _rule(rule: Value) -> Rule:
    return Rule(
        source=rule.source,
        verbs=texts_at(rule, "verbs"),
        groups=texts_at(rule, "apiGroups"),
        resources=texts_at(rule, "resources"),
        names=texts_at(rule, "resourceNames"),
        urls=texts_at(rule, "nonResourceURLs"),
    )


def read_binding(document: Value) -> Access:
    """`role` is the kind and the name: `clusterrole/view`."""
    role, holders = document.get("roleRef"), document.get("subjects")
    kind = "" if role is None else text_at(role, "kind").lower()
    return _access(
        document,
        role="" if role is None else f"{kind}/{text_at(role, 'name')}",
        role_source=document.source if role is None else role.source,
        holders=() if holders is None else tuple(_holder(holder, document) for holder in holders.items()),
    )


def _holder(holder: Value, binding: Value) -> Holder:
    """A service account has a namespace of its own; where none is written it is the binding's."""
    kind = text_at(holder, "kind")
    namespace = text_at(holder, "namespace")
    if kind == "ServiceAccount" and not namespace:
        namespace = namespace_of(binding)
    return Holder(kind, text_at(holder, "name"), holder.source, namespace if kind == "ServiceAccount" else "")


def read_namespace(document: Value) -> Access:
    level = document.at("metadata", "labels", _ENFORCE)
    nobody_wrote = Unset(document.source)
    return _access(document, enforces=nobody_wrote if level is None else Set(level.scalar_text(), level.source))


def _access(document: Value, **parts: object) -> Access:
    kind = own_kind_of(document).lower()
    name = name_of(document) or "unnamed"
    return Access(
        id=f"{document.file}#{kind}/{name}",
        kind=kind,
        source=document.source,
        name=name,
        namespace="" if kind.startswith("cluster") or kind == "namespace" else namespace_of(document),
        is_platforms_own=is_platforms_own(document),
        **parts,  # type: ignore[arg-type]
    )
