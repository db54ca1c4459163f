"""Does a policy say what its team means? Each example is judged by it, and compared with what is expected."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path

from .controls.judging import judge_written
from .errors import UnreadableInput, UsageError
from .facts.written_secrets import with_build_secrets_marked, with_secrets_marked
from .input_files import checkout_of, reading_only
from .model.control_ids import control_ids, id_of_today, no_such_control
from .model.field import Source
from .model.finding import Finding, Outcome
from .model.levels import Level
from .model.policy import Policy
from .model.policy_tests import ControlAnswer, ExampleAnswer, ExpectedOutcome, PolicyTest, PolicyTestsAnswer
from .model.written import Written
from .policy.applying import apply_policy
from .policy.rules import compile_rules
from .readers.allowances import read_allowances
from .readers.joined_policy import read_project_file
from .readers.policy_tests import read_example, read_policy_tests, text_of
from .readers.project_file import find_project_file

_WORST_FIRST = (
    Outcome.FAIL,
    Outcome.UNKNOWN,
    Outcome.EXCEPTED,
    Outcome.PENDING,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


class _Tested:
    """One policy with its rules compiled, and which of them failed somewhere."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.rules = compile_rules(policy)
        self.known = control_ids() | {rule.id for rule in self.rules}
        self.failed: set[str] = set()


def run_policy_tests(paths: Sequence[Path], policy: str | None = None) -> PolicyTestsAnswer:
    """Runs every test of the files. `policy` is tested in place of those that the files name.

    Raises UnreadableInput for a file or a policy that is not understood. An example that its reader refuses, and a test
    that names a control there is none of, is a test that is wrong.
    """
    tested: dict[Path, _Tested] = {}
    answers: list[ExampleAnswer] = []
    for path in paths:
        checkout = checkout_of([str(path)])
        with reading_only(checkout):  # the tests may be somebody else's
            tests, places = read_policy_tests(path)
            which = Path(policy) if policy is not None else _policy_of(path, tests.policy)
            if which not in tested:
                with reading_only(checkout if policy is None or checkout.names(which) else None):
                    tested[which] = _Tested(read_project_file(which).policy)
            answers += [_run(test, place, tested[which]) for test, place in zip(tests.tests, places, strict=True)]
    untested = dict.fromkeys(rule.id for each in tested.values() for rule in each.rules if rule.id not in each.failed)
    return PolicyTestsAnswer(tuple(answers), tuple(untested))


def _policy_of(path: Path, named: str) -> Path:
    if named:
        return path.parent / named
    found = find_project_file(path.parent)
    if found is None:
        raise UnreadableInput("names no policy, and no dockworthy.yaml is beside it or above", file=str(path))
    return found


def _run(test: PolicyTest, place: Source, tested: _Tested) -> ExampleAnswer:
    unknown = sorted(id for id in test.expect if id_of_today(id) not in tested.known)
    if unknown:
        return ExampleAnswer(test.name, place, problem=no_such_control(unknown[0], tested.known))
    try:
        findings = _judged(test, tested)
    except UsageError as error:
        return ExampleAnswer(test.name, place, problem=error.says)
    tested.failed |= {finding.control for finding in findings if finding.outcome is Outcome.FAIL}
    tested.failed |= {finding.control for finding in findings if finding.outcome is Outcome.EXCEPTED}
    if test.subject:
        findings = tuple(finding for finding in findings if _is_of(finding, test.subject))
    return ExampleAnswer(test.name, place, tuple(_answered(id, wanted, findings) for id, wanted in test.expect.items()))


def _judged(test: PolicyTest, tested: _Tested) -> tuple[Finding, ...]:
    """The environment is empty: a test must say the same everywhere."""
    written = _without_secrets(read_example(test, {}))
    name, text = text_of(test)
    allowances, _ = read_allowances(text, name, is_yaml=not written.builds)
    level = test.level or tested.policy.level or Level.PRODUCTION
    findings, _ = apply_policy(
        judge_written(written, level, tested.policy.levels, rules=tested.rules),
        tested.policy,
        written,
        allowances,
        level=level,
        today=datetime.datetime.now(datetime.UTC).date(),
        controls=tested.known,
    )
    return findings


def _without_secrets(written: Written) -> Written:
    secrets: set[str] = set()
    return Written(
        units=tuple(with_secrets_marked(written.units, secrets)),
        builds=tuple(with_build_secrets_marked(written.builds, secrets)),
        accesses=written.accesses,
        files=written.files,
        neighbours=written.neighbours,
    )


def _is_of(finding: Finding, subject: str) -> bool:
    return subject in (finding.subject, finding.subject.rpartition("#")[2], finding.subject.rpartition("/")[2])


def _answered(control: str, expected: ExpectedOutcome, findings: Iterable[Finding]) -> ControlAnswer:
    """By the worst finding, as a gate would."""
    own = [finding for finding in findings if finding.control == id_of_today(control)]
    worst = next((outcome for outcome in _WORST_FIRST if any(f.outcome is outcome for f in own)), None)
    if worst is None:
        return ControlAnswer(control, expected, ExpectedOutcome.NOT_ASKED)
    facts = tuple(f"{f.subject}: {f.evidence[0].says}" for f in own if f.outcome is worst and f.evidence)
    return ControlAnswer(control, expected, ExpectedOutcome(worst.value), facts)
