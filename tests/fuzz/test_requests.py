"""What is sent to the engine, and what people type: create requests and the flags of `docker run`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

import tight
from dockworthy.errors import UnreadableInput, UsageError
from dockworthy.model.snapshot import Snapshot
from dockworthy.model.written import Written
from dockworthy.readers.create_request import read_create_request
from dockworthy.readers.docker_run import read_docker_run
from dockworthy.readers.engine_context import engine_context
from fuzz.effort import MINUTES, fuzz
from fuzz.inputs import ODD_WORDS, any_of, examples_of
from fuzz.judged import judge

pytestmark = pytest.mark.timeout(120 + MINUTES * 60 * 3)

CONTEXT = engine_context(msgspec.convert(tight.snapshot(), Snapshot, strict=False).engine)


def test_create_requests() -> None:
    trees = list(examples_of("request"))

    def check(raw: bytes) -> None:
        try:
            unit = read_create_request(raw, context=CONTEXT).unit
        except UnreadableInput as error:
            assert error.says
            return
        judge(Written(units=(unit,)))

    fuzz(any_of([json.dumps(tree) for tree in trees], trees), check)


@st.composite
def command_lines(draw: Callable[..., Any]) -> list[str]:
    """A valid command line with words changed, put in, taken out, or taken from another one."""
    lines = [shlex.split(line) for line in examples_of("docker run")]
    words = list(draw(st.sampled_from(lines)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(2, max(2, len(words))))
        word = draw(ODD_WORDS | st.sampled_from(draw(st.sampled_from(lines))))
        how = draw(st.sampled_from(("put in", "take out", "change", "value")))
        if how == "put in" or at >= len(words):
            words.insert(at, word)
        elif how == "take out":
            del words[at]
        elif how == "value":
            words[at] = words[at].partition("=")[0] + "=" + word
        else:
            words[at] = word
    return words


def test_docker_run() -> None:
    def check(words: list[str]) -> None:
        try:
            unit = read_docker_run(words, CONTEXT, environ={"A": "a"}, folder="/srv")
        except UsageError as error:
            assert error.says
            return
        judge(Written(units=(unit,)))

    fuzz(command_lines(), check)
