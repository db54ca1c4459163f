"""What the tests of a policy said: for people, as JSON, and as JUnit XML."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

from ..model.counts import number_of
from ..model.policy_tests import ControlAnswer, ExampleAnswer, PolicyTestsAnswer
from .as_json import TOOL, encode
from .document import ToolOut
from .sheet import Sheet
from .visible import visible


class AnsweredOut(Struct, frozen=True):
    control: str
    expected: str
    said: str
    facts: tuple[str, ...]


class PolicyExampleOut(Struct, frozen=True):
    name: str
    file: str
    line: int | None
    right: bool
    problem: str | None
    answers: tuple[AnsweredOut, ...]


class PolicyTestsDocument(Struct, frozen=True):
    """What `policy test --format json` prints."""

    schema: int
    tool: ToolOut
    right: bool
    tests: tuple[PolicyExampleOut, ...]
    untested: tuple[str, ...]


def render_policy_tests(answer: PolicyTestsAnswer, *, width: int = 80, colour: bool = False) -> str:
    """Tests that are wrong with what was said instead; then the count, and the rules that nothing tests."""
    sheet = Sheet(width=width, colour=colour)
    for test in answer.tests:
        label, style = ("right", "good") if test.is_right else ("wrong", "bad")
        sheet.entry(label, f"{test.name} ({_place(test)})", column=8, label_style=style)
        for line in _wrong_of(test):
            sheet.line(line, indent=8)
    sheet.blank()
    wrong = sum(not test.is_right for test in answer.tests)
    total = number_of(len(answer.tests), "test")
    sheet.line(f"{total}, {wrong} wrong." if wrong else f"{total}, all right.", style="bad" if wrong else "good")
    if answer.untested:
        sheet.line(f"No test makes these rules fail: {', '.join(answer.untested)}", style="open")
    return str(sheet)


def policy_tests_json(answer: PolicyTestsAnswer) -> bytes:
    """For programs."""
    tests = tuple(_test_out(test) for test in answer.tests)
    return encode(PolicyTestsDocument(1, TOOL, all(test.right for test in tests), tests, answer.untested))


def policy_tests_junit(answer: PolicyTestsAnswer) -> bytes:
    """A test suite a file, a test case a test."""
    root = Element("testsuites", {"name": f"{TOOL.name} policy test"})
    for file in dict.fromkeys(test.source.where for test in answer.tests):
        own = [test for test in answer.tests if test.source.where == file]
        wrong = str(sum(not test.is_right for test in own))
        suite = SubElement(root, "testsuite", {"name": visible(file), "tests": str(len(own)), "failures": wrong})
        for test in own:
            place = {"file": visible(file), "line": str(test.source.line or 1)}
            case = SubElement(suite, "testcase", {"name": visible(test.name), "classname": visible(file), **place})
            says = [visible(line) for line in _wrong_of(test)]
            if says:
                SubElement(case, "failure", {"message": says[0]}).text = "\n".join(says)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _place(test: ExampleAnswer) -> str:
    return f"{test.source.where}:{test.source.line}"


def _wrong_of(test: ExampleAnswer) -> list[str]:
    if test.problem:
        return [test.problem]
    return [line for answer in test.answers if not answer.is_right for line in _instead(answer)]


def _instead(answer: ControlAnswer) -> list[str]:
    first = f"{answer.control}: expected {answer.expected.value}, was {answer.said.value.replace('_', ' ')}"
    return [first, *(f"  {fact}" for fact in answer.facts[:3])]


def _test_out(test: ExampleAnswer) -> PolicyExampleOut:
    answers = tuple(AnsweredOut(a.control, a.expected.value, a.said.value, a.facts) for a in test.answers)
    return PolicyExampleOut(
        test.name, test.source.where, test.source.line, test.is_right, test.problem or None, answers
    )
