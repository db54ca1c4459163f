"""Whatever a secret is made of, it never enters a snapshot."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dockworthy.model.secret_names import is_secret
from effort import examples
from facts.planted import clean

pytestmark = pytest.mark.slow

_SECRET = st.text(st.characters(codec="utf-8", exclude_characters="\"'\\`"), min_size=6, max_size=40).filter(
    lambda text: is_secret("DB_PASSWORD", text) and len(text.strip()) == len(text) and not text.startswith("hash:")
)
_WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789ABC!#%^*+=~.", min_size=10, max_size=40).filter(
    lambda text: is_secret("DB_PASSWORD", text) and text[0].isalnum() and not text.isalpha()
)
_NAMES = st.sampled_from(["DB_PASSWORD", "API_TOKEN", "clientSecret", "aws.secret_access_key", "PGPASSWORD"])


@settings(max_examples=examples(400), deadline=None)
@given(name=_NAMES, secret=_SECRET)
@example(name="DB_PASSWORD", secret="a=b c,d;e&f|g)h]i}j")
@example(name="API_TOKEN", secret="päss\nwörd\u2028x")
def test_a_secret_named_so_never_appears(name: str, secret: str) -> None:
    """Whatever it is made of: where a whole value is the secret, the whole value is hidden."""
    planted = {
        "Config": {"Env": [f"{name}={secret}"], "Labels": {name: secret}, "Cmd": [f"--{name}", secret]},
        "HostConfig": {"LogConfig": {"Config": {name: secret}}},
        "Spec": {"TaskTemplate": {"ContainerSpec": {"Env": [f"{name}={secret}"]}}, "Data": secret},
        "Options": {name: secret},
    }
    assume(secret not in name)  # the name stays, and may be said
    if secret.startswith("-"):
        planted["Config"]["Cmd"] = []
    strings = list(_strings(clean(planted)))
    assert not [string for string in strings if secret in string]


@settings(max_examples=examples(400), deadline=None)
@given(name=_NAMES, secret=_WORD, before=st.sampled_from(["", "exec app ", "a; "]), after=st.sampled_from(["", " -v"]))
def test_a_secret_in_a_text_never_appears(name: str, secret: str, before: str, after: str) -> None:
    texts = [
        f"{before}--{name}={secret}{after}",
        f"{before}{name}={secret}{after}",
        f"{before}--{name} {secret}{after}",
    ]
    texts += [f'{before}"{name}": "{secret}"{after}', f"{before}{name}: {secret}{after}"]
    planted = {"Args": texts, "Description": " ".join(texts), "History": [{"CreatedBy": text} for text in texts]}
    assert not [string for string in _strings(clean(planted)) if secret in string]


@settings(max_examples=examples(300), deadline=None)
@given(
    facts=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["Env", "Labels", "Cmd", "Name", "Value", "Data", "x", "JoinTokens"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_keeps_its_shape(facts: Any) -> None:
    assert _shape(clean(facts)) == _shape(facts)


def test_long_texts_take_no_time() -> None:
    import time

    begun = time.process_time()
    for piece in ("a://b:", "password", "-----BEGIN PRIVATE KEY-----", "eyJ", "x=", "$2y$", "--a ", "\\", "mysql -p "):
        clean({"Cmd": [piece * 5_000], "Env": ["A=" + piece * 5_000]})
    assert time.process_time() - begun < 5


def _strings(value: Any) -> Any:
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return type(value)
