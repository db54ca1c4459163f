"""The file of tests that `dockworthy policy test` runs: read strictly, each test with its place."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from ..errors import UnreadableInput
from ..model.field import Source
from ..model.policy_tests import PolicyTest, PolicyTests
from ..model.written import Written
from .files import FoundFile
from .project_file import text_of_file
from .strict_document import converted, value_at
from .written_file import Surroundings, read_written
from .yaml_source import documents

FILES = {
    "compose": "compose.yaml",
    "kubernetes": "manifest.yaml",
    "dockerfile": "Dockerfile",
    "marathon": "app.json",
    "titus": "job.json",
}
"""Key of a test -> what its text is called while it is judged."""

_SYNTAXES = (*FILES, "docker_run")


def read_policy_tests(path: Path) -> tuple[PolicyTests, tuple[Source, ...]]:
    """The tests, and where each stands. Raises UnreadableInput with the line for anything that is not understood."""
    read = list(documents(text_of_file(path), str(path)))
    if len(read) != 1:
        raise UnreadableInput("no tests, or more than one document", file=str(path), hint="tests: [{name: …, …}]")
    tests = converted(read[0], PolicyTests)
    places = tuple(value_at(read[0], f".tests[{index}]").source for index in range(len(tests.tests)))
    for test, place in zip(tests.tests, places, strict=True):
        _check(test, place)
    return tests, places


def _check(test: PolicyTest, place: Source) -> None:
    given = [syntax.replace("_", " ") for syntax in _SYNTAXES if getattr(test, syntax)]
    known = ", ".join(syntax.replace("_", " ") for syntax in _SYNTAXES)
    if len(given) != 1:
        says = f"has {' and '.join(given)}" if given else "has nothing to judge"
        raise UnreadableInput(
            f"the test {test.name!r} {says}", file=place.where, line=place.line, hint=f"give it one of {known}"
        )
    if not test.expect:
        raise UnreadableInput(
            f"the test {test.name!r} expects nothing", file=place.where, line=place.line, hint="expect: {CONTROL: fail}"
        )


def text_of(test: PolicyTest) -> tuple[str, str]:
    """What the example is called, and its text; both empty for a command line."""
    return next(((name, getattr(test, syntax)) for syntax, name in FILES.items() if getattr(test, syntax)), ("", ""))


def read_example(test: PolicyTest, environ: Mapping[str, str]) -> Written:
    """What the example says. Raises UnreadableInput or UsageError as its reader does."""
    name, text = text_of(test)
    if name:
        found = FoundFile(name, "-", True, text.encode(errors="surrogatepass"))
        return read_written(found, Surroundings(environ))
    from .docker_run import read_docker_run
    from .engine_context import EngineContext

    try:
        words = shlex.split(test.docker_run)
    except ValueError as error:
        raise UnreadableInput(f"the command line is not understood: {error}", file="docker run") from None
    return Written(units=(read_docker_run(words, EngineContext(), environ=environ),))
