"""A corpus of the ways in which programs take secrets: every secret is hidden, and nothing else (100 % of both)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.redaction import HIDDEN, redacted, redacted_text
from dockworthy.facts.secret_values import hide_in_arguments

CORPUS = Path(__file__).parent / "corpus"


def lines_of(name: str) -> list[str]:
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    return [line.replace("¦", "").replace("\\n", "\n") for line in lines if line and not line.startswith("#")]


def parts(line: str) -> tuple[str, str, list[str]]:
    """The text as a program has it, as it shall read, and its secrets."""
    pieces = line.replace("»", "«").split("«")
    shown = "".join(HIDDEN if number % 2 else piece for number, piece in enumerate(pieces))
    return "".join(pieces), shown, pieces[1::2]


SECRETS = [parts(line) for line in lines_of("secrets.txt")]
READABLE = lines_of("readable.txt")

Way = tuple[str, Callable[[str], Any]]
WAYS: list[Way] = [
    ("a text", lambda text: text),
    ("a shell's command", lambda text: {"Cmd": ["sh", "-c", text]}),
    ("a health check", lambda text: {"Healthcheck": {"Test": ["CMD-SHELL", text]}}),
    ("a log", lambda text: {"State": {"Health": {"Log": [{"Output": text}]}}}),
    ("a Compose command", lambda text: {"services": {"web": {"command": text}}}),
]
"""The places that any text of the corpus may stand in. None of them adds to it, or takes away."""


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    else:
        yield value


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    texts = [text for text, _, _ in SECRETS] + READABLE
    assert len(SECRETS) >= 200 and len(READABLE) >= 200
    assert len(texts) == len(set(texts))
    assert all(secrets and all(secrets) for _, _, secrets in SECRETS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
def test_recall_and_precision(way: Way) -> None:
    """Recall: of the texts that hold secrets, how many are hidden whole. Precision: what else was hidden."""
    _, place = way
    leaked, cut = [], []
    for text, shown, _ in SECRETS:
        found = list(strings(redacted(place(text))))[-1]
        if found != shown:
            (leaked if len(found) >= len(shown) and found.count(HIDDEN) <= shown.count(HIDDEN) else cut).append(
                (shown, found)
            )
    cut += [(text, found) for text in READABLE if (found := list(strings(redacted(place(text))))[-1]) != text]
    recall = 1 - len(leaked) / len(SECRETS)
    precision = 1 - len(cut) / (len(SECRETS) + len(READABLE))
    assert (recall, precision) == (1, 1), "\n".join(f"{shown}\n  is {found}" for shown, found in leaked + cut)


def arguments_of(text: str) -> list[str] | None:
    """The text as the arguments of one program; None where a shell would do more than split it."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return list(json.loads(text))
        except ValueError:
            return None
    if any(mark in text for mark in "|;&<>$`#\n(){}[") or text.count(" ") == 0:
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    if words[0] in ("machine", "requirepass", "db_password", "the"):  # a line of a file, or a sentence
        return None
    return words if re.fullmatch(r"[a-z/][\w./-]*|[A-Z_]+=.*", words[0]) else None


@pytest.mark.parametrize("place", [lambda words: words, lambda words: ["exec", "web", *words]])
def test_the_same_as_arguments(place: Callable[[list[str]], list[str]]) -> None:
    """Of commands that need no shell: the words one by one, as /proc, the engine and an exec form have them."""
    tried = 0
    for text, shown, _ in SECRETS:
        words, expected = arguments_of(text), arguments_of(shown)
        if words is not None and expected is not None:
            tried += 1
            assert hide_in_arguments(place(words), lambda _: HIDDEN) == place(expected)
    for text in READABLE:
        words = arguments_of(text)
        if words is not None:
            tried += 1
            assert hide_in_arguments(place(words), lambda _: HIDDEN) == place(words)
    assert tried > 250


def test_hidden_once_it_stays_as_it_is() -> None:
    for _, shown, _ in SECRETS:
        assert redacted_text(shown) == shown


def test_a_text_may_stand_within_a_text() -> None:
    """In quotes, in a script of several lines, in a list within a sentence."""
    for text, _, secrets in SECRETS:
        if "'" not in text and "\n" not in text and not text.startswith("ENV "):
            quoted = redacted_text(f"run: bash -c '{text}' # once")
            assert not [secret for secret in secrets if len(secret) > 5 and secret in quoted], quoted
        script = redacted_text(f"set -e\n{text}\ndone=1")
        assert not [secret for secret in secrets if len(secret) > 5 and secret in script], script


def test_what_an_environment_holds_is_found_whatever_its_place() -> None:
    """Of `NAME=value`, as containers, services, Compose files and release records have it."""
    for text, _, secrets in SECRETS:
        name, equals, value = text.partition("=")
        if equals and name.isidentifier() and name.isupper() and [value] == secrets:
            for place in ({"Env": [text]}, {"environment": {name: value}}, {"ContainerSpec": {"Env": [text]}}):
                assert value not in json.dumps(redacted(place))
    for text in READABLE:
        name, equals, value = text.partition("=")
        if equals and name.isidentifier() and name.isupper() and value[:1] != '"':
            assert redacted({"Env": [text], "environment": {name: value}}) == {
                "Env": [text],
                "environment": {name: value},
            }
