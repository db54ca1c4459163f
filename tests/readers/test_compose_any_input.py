"""Whatever stands in a Compose file, it is read or refused, and nothing bursts the reader."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.check import check
from dockworthy.errors import UnreadableInput
from dockworthy.model.field import Set
from dockworthy.model.levels import Level
from dockworthy.readers.compose.variables import interpolate
from effort import examples
from examples import parse_dotenv
from readers.compose_read import parsed

pytestmark = pytest.mark.slow

VARIABLES = {"NAME": "shop", "EMPTY": ""}


def _aliases(wide: int, deep: int) -> str:
    lists = ["x0: &x0 [a, b]"]
    lists += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * wide)}]" for n in range(1, deep)]
    return "\n".join([*lists, f"services: {{web: {{image: a, cap_add: *x{deep - 1}}}}}"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_aliases(10, 9), "aliases counted"),
        ("services: {web: &w {image: a, labels: *w}}", "nested too deep"),
        ("services: {web: {labels: " + "[" * 200 + "]" * 200 + "}}", "nested too deep"),
        ("services: " + "[" * 20_000, "nesting"),
        (
            "x-p: &p [" + ", ".join(["1-65535:1-65535"] * 20) + "]\nservices: {web: {image: a, ports: *p}}",
            "aliases counted",
        ),
    ],
)
def test_bombs_do_not_go_off(text: str, says: str) -> None:
    before = time.process_time()
    with pytest.raises(UnreadableInput, match=says):
        parsed(text)
    assert time.process_time() - before < 20


def _doubled(lines: int) -> str:
    return "A0=0123456789\n" + "".join(f"A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, lines))


_ONCE = "services: {web: {image: a}}"


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({".env": _doubled(40), "compose.yaml": _ONCE}, ".env:15: A14: variables make this value larger"),
        ({"web.env": _doubled(40), "compose.yaml": "services: {web: {image: a, env_file: web.env}}"}, "web.env:15"),
        ({"sub/.env": _doubled(40), "sub/c.yaml": _ONCE, "compose.yaml": "include: [sub/c.yaml]"}, "sub/.env:15"),
        (
            {".env": _doubled(13), "compose.yaml": "services:\n web:\n  image: a\n  command: " + "$A12" * 9},
            "compose.yaml:4: .* larger than 131,072",
        ),
        (
            {".env": _doubled(13) + "".join(f"B{n}=$A12\n" for n in range(500)), "compose.yaml": _ONCE},
            ".env:4[0-9][0-9]: .*values of this project",
        ),
        (
            {".env": _doubled(13), "compose.yaml": f"x-a: {['$A12'] * 500}\nservices: {{web: {{image: a}}}}"},
            "compose.yaml:1: .*values of this project",
        ),
    ],
)
def test_variables_that_hold_variables_do_not_fill_the_memory(
    files: dict[str, str], where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    try:
        found = check(["compose.yaml"], level=Level.BASELINE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert re.search(where, " ".join(f"{what}: {why}" for what, why in found.unread))
    assert most < 200 * 1024 * 1024


def test_a_long_value_that_nothing_repeats_is_read() -> None:
    text = f"KEY='{'k' * 300_000}'\nTWICE=$KEY"
    assert len(parse_dotenv(text.replace("TWICE=$KEY", ""), {})["KEY"]) == 300_000
    with pytest.raises(ValueError, match="131,072"):
        parse_dotenv(text, {})


def test_a_quote_that_is_never_closed_costs_what_its_lines_say() -> None:
    before = time.process_time()
    parse_dotenv("A='\n" + ("x" * 50_000 + "\n") * 190, {})
    assert time.process_time() - before < 2


def test_merge_keys_do_not_grow_without_end() -> None:
    maps = ["x0: &x0 {image: a}"]
    maps += [f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 10)}]}}" for n in range(1, 30)]
    found = parsed("\n".join([*maps, "services: {web: {<<: *x29}}"]))
    assert isinstance(found.image, Set)


_KEYS = st.sampled_from(
    "image build user privileged cap_add cap_drop security_opt read_only volumes tmpfs ports expose devices web "
    "env_file labels healthcheck test interval disable deploy resources limits memory cpus restart_policy condition "
    "logging driver options restart network_mode pid ipc networks ulimits nofile soft sysctls secrets configs extends "
    "service file volumes_from type source target published mem_limit pids_limit command entrypoint services include "
    "path driver_opts device o name external replicas update_config use_api_socket annotations environment".split()
)
_TEXTS = st.sampled_from(["web", "/a:/b", "80:80", "a=b", "$A", "${A:-1}", "host", "service:web", "true", "64m", "."])
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _KEYS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)


@given(body=_ANYTHING, other=_ANYTHING)
@settings(deadline=None, max_examples=examples(400))
def test_any_value_anywhere_is_read_or_refused(body: Any, other: Any) -> None:
    service = {"image": "shop", "extends": "base"}
    for project in (
        {"services": body},
        {"services": {"web": body, "base": other}},
        {"services": {"web": service | (body if isinstance(body, dict) else {}), "base": other}, "volumes": other},
        {"services": {"web": dict.fromkeys(("volumes", "ports", "healthcheck", "deploy", "logging"), body)}},
        {"services": {"web": {"image": "a", "networks": ["web"], "volumes": ["web:/x"]}}, "networks": body},
        {"include": body},
    ):
        _read_or_refused(json.dumps(project))


@given(st.dictionaries(_KEYS, _ANYTHING, max_size=3))
@settings(deadline=None, max_examples=examples(400))
def test_any_value_of_a_key_is_read_or_refused(service: dict[str, Any]) -> None:
    _read_or_refused(json.dumps({"services": {"web": {"image": "shop"} | service}}))


@given(st.text(max_size=60, alphabet="${}:-?+AB_1 \\\"'#=\n") | st.text(max_size=30))
@settings(deadline=None, max_examples=examples(400))
def test_any_text_is_interpolated_or_refused(text: str) -> None:
    try:
        interpolate(text, VARIABLES)
    except ValueError as error:
        assert str(error)
    parse_dotenv(text, VARIABLES)


def _read_or_refused(text: str) -> None:
    try:
        parsed(text)
    except UnreadableInput as error:
        assert error.file
    except IndexError:  # no service in it
        pass
