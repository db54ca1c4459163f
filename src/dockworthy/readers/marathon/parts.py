"""What apps and the containers of pods say in the same words: environment, limits, artifacts, places, updates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...model.field import Field, Set, Source, Unset
from ...model.orchestrated import Artifact, Orchestrated, Replacement
from ...model.workload import Limits
from ..definition import MEBIBYTE, entries, field_of, items, number, word, words
from ..yaml_source import Value
from .values import by_default

_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")
_NO_LIMIT = "unlimited"


class Environment:
    """Variables with the place of each; those whose value is a secret's name are no values."""

    def __init__(self, *parents: tuple[Value | None, str]) -> None:
        """`parents`: what holds the variables and under which key; a later one outranks an earlier one."""
        self.values: dict[str, str] = {}
        self.lines: dict[str, Source] = {}
        self._source: Source | None = None
        for parent, key in parents:
            for name, value in entries(parent, key):
                self._source = self._source or value.source
                if value.is_mapping:
                    self.values.pop(name, None)
                else:
                    self.values[name] = value.scalar_text()
                    self.lines[name] = value.source

    def field(self, silent: Unset) -> Field[dict[str, str]]:
        return silent if self._source is None else Set(self.values, self._source)


def read_limits(resources: Value, limits: Value | None, silent: Unset) -> Limits:
    """A limit is what is reserved, unless `resourceLimits` raises it; `mem` is in MiB."""
    return Limits(
        memory=_limit(resources, limits, "mem", by_default(128 * MEBIBYTE, "mem: 128"), MEBIBYTE),
        memory_swap=silent,
        cpus=_cpus(resources, limits),
        ulimits=silent,
        oom_kill_disabled=by_default(False, "the kernel may end a task"),
        oom_score=silent,
    )


def _limit(resources: Value, limits: Value | None, key: str, default: Set[int], unit: int) -> Field[int]:
    found = _limiting(resources, limits, key)
    if found is None:
        return default
    return Unset(found.source) if _is_unlimited(found) else Set(int(number(found) * unit), found.source)


def _cpus(resources: Value, limits: Value | None) -> Field[float]:
    found = _limiting(resources, limits, "cpus")
    if found is None:
        return by_default(1.0, "cpus: 1")
    return Unset(found.source) if _is_unlimited(found) else Set(number(found), found.source)


def _limiting(resources: Value, limits: Value | None, key: str) -> Value | None:
    raised = None if limits is None else limits.get(key)
    return raised if raised is not None else resources.get(key)


def _is_unlimited(value: Value) -> bool:
    return not value.is_mapping and not value.is_sequence and value.scalar_text() == _NO_LIMIT


def read_orchestrated(
    definition: Value, *, upgrade: Value | None, constraints: Iterable[Value], artifacts: Iterable[Artifact]
) -> Orchestrated:
    placement = tuple(_constraint(constraint) for constraint in constraints)
    return Orchestrated(
        replacement=field_of(upgrade, Unset(definition.source), _replacement),
        placement=Set(placement, definition.source) if placement else Unset(definition.source),
        artifacts=tuple(artifacts),
    )


def _replacement(upgrade: Value) -> Replacement:
    """Both are 1 where nothing is written."""
    healthy, more = upgrade.get("minimumHealthCapacity"), upgrade.get("maximumOverCapacity")
    return Replacement("upgrade", 1.0 if healthy is None else number(healthy), 1.0 if more is None else number(more))


def _constraint(constraint: Value) -> str:
    """`["hostname", "UNIQUE"]` of an app, `{fieldName, operator, value}` of a pod."""
    if constraint.is_sequence:
        return " ".join(words(constraint))
    said = (word(constraint, key) for key in ("fieldName", "operator", "value"))
    return " ".join(part for part in said if part)


def read_artifacts(parent: Value, key: str) -> Iterator[Artifact]:
    """`fetch` and `artifacts` hold mappings, the older `uris` addresses."""
    for item in items(parent, key):
        address = item.get("uri") if item.is_mapping else item
        if address is not None:
            runs = item.get("executable") if item.is_mapping else None
            yield Artifact(
                _PASSWORD.sub("", address.scalar_text()),
                address.source,
                is_executable=runs is not None and runs.boolean(),
            )
