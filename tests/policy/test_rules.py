"""A team's own rules: what they see, what they say, and what is said of one that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.controls.judging import judge_units
from dockworthy.errors import UnreadableInput
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.policy import Policy, Rule
from dockworthy.policy.rules import compile_rules
from effort import examples
from patience import Effort
from policy.written_rules import compose, judged, rule

FILE = """services:
  web:
    image: docker.io/nginx:1
    ports: ['80:80']
    volumes: ['/etc:/x:ro', 'data:/y']
    environment: {A: b}
    labels: {team: shop}
  db:
    image: "${DB}"
    privileged: true
volumes: {data: {}}
"""
WEB, DB = compose(FILE)


@pytest.mark.parametrize(
    ("when", "outcome", "says", "line"),
    [
        ("!workload.image.startsWith('registry.example.com/')", "fail", "workload.image is 'docker.io/nginx:1'", 3),
        ("workload.privileged", "unknown", "workload.privileged is not set", 2),
        ("has(workload.privileged) && workload.privileged", "pass", "workload.privileged is not set", 2),
        ("workload.mounts.exists(m, m.kind == 'bind')", "fail", "workload.mounts[0].kind is 'bind'", 5),
        ("workload.labels['team'] != 'shop'", "pass", "workload.labels['team'] is 'shop'", 2),
        ("workload.ports.exists(p, p.host_port < 1024)", "fail", "workload.ports[0].host_port is 80", 4),
        ("!has(workload.limits.memory)", "fail", "workload.limits.memory is not set", 2),
        ("workload.image + 1 == 'a'", "unknown", "workload.image: CEL has no string + int", 3),
        ("workload.image.matches('(')", "unknown", "not a valid regex", 3),
        ("workload.unit == 'web' && workload.platform == 'docker'", "fail", "workload.unit is 'web'", 2),
        ("workload.containers.exists(c, c.image.contains('nginx'))", "fail", "containers[0].image", 3),
        ("size(workload.environment) == 1 && 'A' in workload.environment", "fail", "", 6),
    ],
)
def test_the_fact_and_its_line(when: str, outcome: str, says: str, line: int) -> None:
    answer = judged(when, WEB)
    assert answer.outcome == outcome
    assert says in answer.evidence[0].says
    assert answer.evidence[-1].source is not None and answer.evidence[-1].source.line == line


def test_what_has_no_value_here_is_unknown_with_its_reason() -> None:
    answer = judged("workload.image == 'postgres'", DB)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.evidence[0].says == "workload.image: the variable DB has no value here"


@pytest.mark.parametrize(
    ("when", "says", "hint", "caret"),
    [
        ("workload.imgae == 'x'", "column 10: workload has no 'imgae'", "did you mean 'image'?", 9),
        ("workload.mounts.exists(m, m.tpye == 'x')", "Mount has no 'tpye'", "target", 28),
        ("workload.name ==", "column 17: unexpected the end", "a value must stand there", 16),
        ("not workload.privileged", "unexpected 'workload'", "CEL writes !", 4),
        ("workload.name = 'a'", "not understood: '= '", "CEL writes ==", 14),
        ("workload.privileged and true", "unexpected 'and'", "CEL writes &&", 20),
        ("image == 'x'", "there is no 'image'", "write workload.image", 0),
        ("workload.image.statsWith('a')", "there is no function 'statsWith'", "did you mean 'startsWith'?", 15),
        ("workload.user == 'root'", "a whole User can't be compared", "uid, name, group", 0),
        ("workload.mounts == []", "a list of Mount can't be compared", ".exists(m", 0),
        ("workload.labels == workload.labels", "a map can't be compared", "'key' in map", 0),
        ("{'a': 1}.a == 1", "makes no maps", "workload.labels", 0),
        ("workload.image", "that is text, not true or false", "compare it", 0),
        ("workload.image.foo == 1", "'foo': that is text and has no fields", "", 15),
        ("workload.image.all(c, true)", "all() goes through a list", "", 15),
        ("has(workload)", "invalid argument to has()", "", 4),
        ("workload.mounts.all(workload, true)", "hides the workload", "call it m", 20),
        ("(" * 60 + "true" + ")" * 60, "too deep", "several rules", 30),
        ("'a' +", "unexpected the end", "", 5),
        ("é == 1", "not understood: 'é'", "", 0),
        ("true && " * 1000 + "true", "longer than 4000", "several rules", None),
        ("", "unexpected the end", "a value must stand there", 0),
    ],
)
def test_a_mistake_is_explained_with_its_place(when: str, says: str, hint: str, caret: int | None) -> None:
    with pytest.raises(UnreadableInput) as error:
        rule(when)
    assert says in error.value.says
    assert "rule custom/test: `when`, column" in error.value.says
    assert hint in error.value.hint
    if caret is not None:
        assert error.value.excerpt == (when[: caret + 50] + ("…" if len(when) > caret + 50 else ""), " " * caret + "^")


def test_an_id_is_custom_and_plain() -> None:
    policy = Policy(rules=(Rule("workload/privileged", "high", "true", "s"),))  # type: ignore[arg-type]
    with pytest.raises(UnreadableInput, match="no id of a rule"):
        compile_rules(policy)


def test_level_and_platform_of_a_rule() -> None:
    def asked(at: Level, **fields: object) -> int:
        rules = compile_rules(Policy(rules=(Rule("custom/a", "low", "true", "s", **fields),)))  # type: ignore[arg-type]
        return sum(finding.control == "custom/a" for finding in judge_units([WEB], at, rules=rules))

    assert asked(Level.BASELINE) == 1
    assert asked(Level.BASELINE, level=Level.RESTRICTED) == 0
    assert asked(Level.PRODUCTION, level=Level.RESTRICTED) == 1
    assert asked(Level.BASELINE, platforms=("kubernetes",)) == 0


def test_nested_macros_are_bounded_in_time() -> None:
    many = compose("services: {web: {image: a, cap_add: [" + ", ".join(f"C{n}" for n in range(300)) + "]}}")[0]
    names = "workload.capabilities_add"
    with Effort() as effort:
        answer = judged(f"{names}.exists(a, {names}.exists(b, {names}.exists(c, a + b + c == 'x')))", many)
    assert answer.outcome is Outcome.UNKNOWN
    assert "more than 100,000 entries" in answer.evidence[0].says
    assert effort.seconds < 20


@given(st.text(alphabet="workload.image()[]{}'\"&|!?:,=<>+-0 \nmxé", max_size=40))
@settings(deadline=None, max_examples=examples(600))
def test_any_text_is_a_rule_or_an_explained_mistake(when: str) -> None:
    try:
        control = rule(when)
    except UnreadableInput as error:
        assert "custom/test" in error.says and len(error.excerpt) == 2
        return
    assert control.judge_function is not None
    control.judge_function(WEB)
