"""Tests hold on a machine that is slow now: their limits and pauses come from tests/patience.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
BY_THEMSELVES = {"patience.py", "house/test_patience.py", "machines/leftovers.py", "machines/debian_root.py"}
"""The place itself and its examples, and what ./test runs without the tests' modules."""

_CLOCK = re.compile(r"\b(monotonic|perf_counter|\w*loop\(\)\.time|clock)\(\)")
_IN_A_PROGRAM = re.compile(r"\bs\w*\.settimeout\(\d|HTTPConnection\(.*timeout=\d")

_OF_TIME = re.compile(r"timeout|sleep|wait|join\(|monotonic|perf_counter|time\(\)|create_connection|urlopen")


def _files() -> list[Path]:
    return [path for path in sorted(TESTS.rglob("*.py")) if str(path.relative_to(TESTS)) not in BY_THEMSELVES]


def _number(node: ast.AST | None) -> bool:
    """Whether it is a number other than 0 that is written there, also as a product."""
    if isinstance(node, ast.BinOp):
        return _number(node.left) and _number(node.right)
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value != 0


def _has_number(limit: ast.expr) -> bool:
    """Whether it is one, or is made of one by nothing that knows the machine."""
    if "patience(" in ast.unparse(limit):
        return False
    if isinstance(limit, ast.BinOp):
        return _has_number(limit.left) or _has_number(limit.right)
    return _number(limit)


def _limits(call: ast.Call) -> Iterator[ast.expr]:
    """What that call may wait for at most; nothing where it does not wait, or by limits that are made longer inside."""
    function = ast.unparse(call.func)
    last = function.rpartition(".")[2]
    waits = ("communicate", "wait", "join", "HTTPConnection", "urlopen", "create_connection")
    if function.startswith("subprocess.") or last in waits:
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "timeout")
    if function == "asyncio.timeout" or last in ("settimeout", "set_default_timeout"):
        yield from call.args
    if function == "asyncio.wait_for":
        yield from call.args[1:2]
    if last == "wait" and len(call.args) == 1:
        yield from call.args


def refused(text: str) -> Iterator[str]:
    """LINE: WHAT is to be said otherwise."""
    tree = ast.parse(text)
    polls = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.While)
        for line in node.body
        for inner in ast.walk(line)
    }
    took = (
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and re.search(_CLOCK.pattern + " - ", ast.unparse(node.value))
    )
    # A name of such a time is no fault beside another one: `took < without`.
    measured = re.compile("|".join([_CLOCK.pattern + " - ", *(rf"^{re.escape(name)} <=? [\d.]+$" for name in took)]))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if any(_has_number(limit) for limit in _limits(node)):
                yield f"{node.lineno}: a limit that does not grow with the machine's slowness: patience(...)"
            if ast.unparse(node.func) in ("asyncio.sleep", "time.sleep") and id(node) not in polls:
                if any(_number(each) for each in node.args):
                    yield f"{node.lineno}: a pause outside a loop: wait for a condition, or say meanwhile(...)"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _IN_A_PROGRAM.search(node.value):
            yield f"{node.lineno}: a limit in a program's text: who starts the program ends it, too"
        elif (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Add)
            and re.search(_CLOCK.pattern + "$", ast.unparse(node.left))
        ):
            if _number(node.right) or isinstance(node.right, ast.Name):
                yield f"{node.lineno}: a deadline: Limit(...), or the clock + patience(...)"
        elif isinstance(node, ast.Compare) and isinstance(node.ops[-1], ast.Lt | ast.LtE):
            if measured.search(ast.unparse(node)) and "patience(" not in ast.unparse(node):
                yield f"{node.lineno}: how long something takes: benchmarks/, Effort, or a peer of the same run"


def test_limits_and_pauses_come_from_one_place() -> None:
    texts = {str(path.relative_to(TESTS)): path.read_text() for path in _files()}
    found = {path: list(refused(text)) for path, text in texts.items() if _OF_TIME.search(text)}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("subprocess.run(x, timeout=60)", "a limit"),
        ("process.communicate(timeout=2 * 30)", "a limit"),
        ("subprocess.run(x, timeout=MOST * 10)", "a limit"),
        ("process.wait(30)", "a limit"),
        ("asyncio.timeout(0.5)", "a limit"),
        ("asyncio.wait_for(x, 5)", "a limit"),
        ("s.settimeout(1)", "a limit"),
        ('X = "s.settimeout(15); s.connect()"', "a limit in a program"),
        ("time.sleep(1)", "a pause"),
        ("await asyncio.sleep(0.3)", "a pause"),
        ("ends = time.monotonic() + 10", "a deadline"),
        ("ends = asyncio.get_running_loop().time() + 10", "a deadline"),
        ("assert time.monotonic() - began < 3", "how long"),
        ("assert 1 < time.perf_counter() - began <= 3", "how long"),
        ("took = time.monotonic() - began\nassert took < 5", "how long"),
        ("took = time.monotonic() - began\nassert took < without", ""),
        ("asyncio.timeout(patience(20))", ""),
        ("while not done():\n    time.sleep(0.1)", ""),
        ("await asyncio.sleep(0)", ""),
        ("ends = time.monotonic() + patience(10)", ""),
        ("assert time.monotonic() - began >= 3", ""),
        ("@pytest.mark.timeout(300)\ndef f(): ...", ""),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    found = list(refused(text))
    assert (len(found) == 1 and f": {says}" in found[0]) if says else found == []
