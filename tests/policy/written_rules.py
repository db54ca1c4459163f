"""Builds what the tests of rules need: units from Compose text, rules as controls, random models and expressions."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from dockworthy.model.control import Control
from dockworthy.model.declared import Limits, Mount, MountKind
from dockworthy.model.dialect import Dialect, Platform, Version
from dockworthy.model.field import Field, Set, Source, Unknown, Unset
from dockworthy.model.finding import Judgement
from dockworthy.model.levels import Severity
from dockworthy.model.policy import Policy, Rule
from dockworthy.model.workload import Container, ContainerRole, Unit
from dockworthy.policy.rules import compile_rules
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.yaml_source import documents

HERE = Source("compose.yaml", "services.web", 2)


def rule(when: str) -> Control:
    (control,) = compile_rules(Policy(rules=(Rule("custom/test", Severity.HIGH, when, "it is so"),)))
    return control


def compose(text: str) -> list[Unit]:
    (document,) = documents(text, "compose.yaml")
    return list(read_compose(document, environ={}, folder=Path(".")))


def judged(when: str, unit: Unit) -> Judgement:
    judge = rule(when).judge_function
    assert judge is not None
    answer = judge(unit)
    assert isinstance(answer, Judgement)
    return answer


def mount(source: str, *, read_only: bool = False) -> Mount:
    return Mount(MountKind.BIND, source, "/x", read_only, HERE)


def unit(**fields: object) -> Unit:
    container = Container(name="web", role=ContainerRole.MAIN, source=HERE, **fields)  # type: ignore[arg-type]
    dialect = Dialect(Platform.DOCKER, Version(1, 45))
    return Unit(
        id="compose.yaml#web", kind="service", name="web", dialect=dialect, source=HERE, containers=(container,)
    )


VALUES: dict[str, list[object]] = {
    "image": ["a", "b:1"],
    "privileged": [True, False],
    "capabilities_add": [(), ("ALL",), ("ALL", "NET_ADMIN")],
    "memory": [1, 1000],
}
"""Field -> the values it can have; the sample of completions."""

UNKNOWN = Unknown("it could not be seen")
MOUNTS = [mount("/etc"), mount("/srv", read_only=True)]


def fields_of(values: dict[str, Field[object]], mounts: tuple[Mount, ...], *, whole: bool) -> dict[str, object]:
    """Arguments for `unit`."""
    plain = {name: value for name, value in values.items() if name != "memory"}
    unclear = {} if whole else {"mounts": UNKNOWN}
    return {**plain, "limits": Limits(memory=values["memory"]), "mounts": mounts, "unclear": unclear}  # type: ignore[arg-type]


def possible(name: str) -> list[Field[object]]:
    """What an unknown field may turn out to be."""
    return [Unset(HERE), *(Set(value, HERE) for value in VALUES[name])]


ATOMS = [
    "workload.image == 'a'",
    "workload.image.startsWith('b')",
    "workload.privileged",
    "!workload.privileged",
    "has(workload.image)",
    "has(workload.privileged)",
    "has(workload.limits.memory)",
    "workload.limits.memory > 10",
    "workload.limits.memory + 1 == 2",
    "'ALL' in workload.capabilities_add",
    "size(workload.capabilities_add) > 1",
    "workload.capabilities_add.all(c, c == 'ALL')",
    "workload.capabilities_add.exists(c, c == workload.image)",
    "workload.mounts.exists(m, m.source == '/etc')",
    "workload.mounts.all(m, m.read_only || workload.privileged)",
    "workload.mounts.exists_one(m, m.read_only)",
    "workload.mounts.filter(m, m.read_only).size() == 1",
    "size(workload.mounts) < 2",
    "workload.mounts[0].read_only",
    "workload.mounts.map(m, m.source).exists(s, s == '/srv')",
    "workload.image in ['a', 'c']",
    "1 + workload.image == 'a'",
    "true",
    "false",
]

expressions = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "!="]), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        inner.map(lambda text: f"!({text})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]}) ? ({p[1]}) : ({p[2]})"),
        inner.map(lambda text: f"workload.mounts.exists(n, n.read_only && ({text}))"),
    ),
    max_leaves=6,
)
