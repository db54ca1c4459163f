"""An unknown value never turns into an answer that another value would have changed; CEL is what the library says."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.model.declared import Mount
from dockworthy.model.field import Field, Set
from dockworthy.policy.expression import Known, NotKnown, evaluate, parse
from dockworthy.policy.expression.library import ComputeError, compile_text, run
from dockworthy.policy.workload_view import WORKLOAD, workload_of
from effort import examples
from policy.written_rules import ATOMS, MOUNTS, UNKNOWN, VALUES, expressions, fields_of, mount, possible, unit

pytestmark = pytest.mark.slow


def outcome(text: str, **fields: Any) -> Known | NotKnown:
    subject = unit(**fields)
    return evaluate(parse(text, {"workload": WORKLOAD}).root, {"workload": workload_of(subject, subject.containers[0])})


@st.composite
def models(draw: st.DrawFn) -> tuple[dict[str, Field[object]], tuple[Mount, ...], bool]:
    values = {name: draw(st.sampled_from([UNKNOWN, UNKNOWN, *possible(name)])) for name in VALUES}
    return values, tuple(draw(st.lists(st.sampled_from(MOUNTS), max_size=2))), draw(st.booleans())


def _turns_out(values: dict[str, Field[object]], mounts: tuple[Mount, ...], whole: bool) -> Any:
    """Every way in which the unknown may turn out."""
    choices = [possible(name) if value is UNKNOWN else [value] for name, value in values.items()]
    more = [()] if whole else [(), (mount("/etc"),), (mount("/new", read_only=True),)]
    for chosen, further in itertools.product(itertools.product(*choices), more):
        yield fields_of(dict(zip(values, chosen, strict=True)), mounts + further, whole=True)


@given(expressions, models())
@settings(deadline=None, max_examples=examples(400))
def test_an_answer_holds_however_the_unknown_turns_out(
    text: str, model: tuple[dict[str, Field[object]], tuple[Mount, ...], bool]
) -> None:
    values, mounts, whole = model
    said = outcome(text, **fields_of(values, mounts, whole=whole))
    if isinstance(said, NotKnown):
        assert said.reasons
        return
    for fields in _turns_out(values, mounts, whole):
        then = outcome(text, **fields)
        assert isinstance(then, Known) and then.value is said.value, (text, fields)


@given(expressions, st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}))
@settings(deadline=None, max_examples=examples(300))
def test_where_all_is_known_the_answer_is_the_library_s(text: str, values: dict[str, Any]) -> None:
    fields = {name: Set(value, MOUNTS[0].declared_at) for name, value in values.items()}
    said = outcome(text, **fields_of(fields, tuple(MOUNTS), whole=True))  # type: ignore[arg-type]
    plain = {**values, "limits": {"memory": values["memory"]}}
    plain["mounts"] = [{"source": each.source, "read_only": each.read_only} for each in MOUNTS]
    try:
        theirs = run(compile_text(text), {"workload": plain})
    except ComputeError:
        assert isinstance(said, NotKnown)
    else:
        assert isinstance(said, Known) and said.value is theirs


@pytest.mark.parametrize("text", ATOMS)
def test_each_atom_can_be_unknown_or_does_not_ask(text: str) -> None:
    """The property above says nothing of what never gives a gap: so that it is not vacuous, most atoms must."""
    fields = fields_of(dict.fromkeys(VALUES, UNKNOWN), tuple(MOUNTS), whole=False)
    sure = {"true", "false", "workload.mounts.exists(m, m.source == '/etc')", "workload.mounts[0].read_only"}
    sure |= {"size(workload.mounts) < 2", "workload.mounts.map(m, m.source).exists(s, s == '/srv')"}
    said = outcome(text, **fields)
    assert isinstance(said, NotKnown) or text in sure


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("false && workload.image == 'a'", False),
        ("workload.image == 'a' && false", False),
        ("workload.image == 'a' || true", True),
        ("true || workload.image == 'a'", True),
        ("workload.image == 'a' && true", None),
        ("has(workload.image)", None),
        ("!has(workload.image)", None),
        ("has(workload.image) && has(workload.image)", None),
        ("workload.mounts.exists(m, m.source == workload.image || m.read_only)", True),
        ("workload.mounts.all(m, m.read_only && workload.privileged)", False),
        ("true ? false : workload.privileged", False),
        ("workload.privileged ? true : true", None),
    ],
)
def test_short_circuits_count(text: str, answer: bool | None) -> None:
    said = outcome(text, image=UNKNOWN, privileged=UNKNOWN, mounts=tuple(MOUNTS))
    assert (said.value if isinstance(said, Known) else None) is answer
