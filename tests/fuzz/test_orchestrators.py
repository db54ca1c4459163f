"""Marathon's definitions, Titus' jobs, and the objects of Kubernetes that give rights."""

from __future__ import annotations

import pytest

from fuzz.effort import MINUTES, fuzz
from fuzz.inputs import any_of, examples_of, trees_of
from fuzz.judged import read_or_refused

pytestmark = pytest.mark.timeout(120 + MINUTES * 60 * 3)


@pytest.mark.parametrize("syntax", ["marathon", "titus"])
def test_definitions(syntax: str) -> None:
    texts = list(examples_of(syntax))
    fuzz(any_of(texts, trees_of(texts) * 3), lambda raw: read_or_refused(raw, "app.json"))
