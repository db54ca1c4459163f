"""What a query may hold that a program on the engine's side reads: `ps`, and Go's booleans."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from dockworthy.guard.audit.redaction import shown_target
from dockworthy.guard.judges import judge
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest, NotCanonical, read_target
from dockworthy.guard.routes import Right, find_call
from dockworthy.guard.routes.table import ROUTES
from guard.worlds import EmptyWorld

TOP = "/v1.45/containers/shop/top"


def asked(line: str) -> GuardRequest:
    method, _, target = line.partition(" ")
    return GuardRequest(method=method, target=target, headers={"content-length": "0"})


async def refusal_of_top(arguments: str) -> str:
    target = f"{TOP}?ps_args={quote(arguments, safe='')}"
    return (await judge(asked(f"GET {target}"), EmptyWorld(), PolicyInForce())).message()


@pytest.mark.parametrize(
    "arguments",
    [
        "axef -D P%tP -o lstart,pid,user,args", "axe", "axef", "e", "eww", "auxe", "auxwwe", "-o args,pid",
        "axo pid,args", "-eo pid,args e", "-o pid -o environ", "-opid,args", "-D P%tP", "--sort pid", "-ef ", " -ef",
        "-ef\t", "-EF", "AUX", "-o pid,cmd,environ", "-orss=PID", "-C sh", "-u root", "--pid 1", "-p 1", "-q 1 -ef",
        "-Nef", "aux\x1ce", "-ef\0", "\u2010ef", "aux e", "V", "--help", "-o pid,cmd -o args",
    ],
)  # fmt: skip
async def test_ps_is_asked_for_nothing_but_what_is_on_the_list(arguments: str) -> None:
    said = await refusal_of_top(arguments)
    assert "guard/ps-arguments" in said
    assert "-ef" in said and "aux" in said and "-o pid,cmd" in said, "the list is said"


@pytest.mark.parametrize(
    "arguments", ["", "-ef", "aux", "auxww", "-aux", "-eF", "-o pid", "-o pid,cmd", "-eo pid,comm"]
)
async def test_what_people_ask_ps_for_passes(arguments: str) -> None:
    assert await refusal_of_top(arguments) == ""


def test_the_audit_shows_what_ps_was_asked_for() -> None:
    assert shown_target(f"{TOP}?ps_args=axef%20-D%20P") == f"{TOP}?ps_args=axef%20-D%20P"


FALSE = (
    *("", "0", "no", "false", "none", "NO", "False", "+none+", "%09false%0a", "%0b0%0c"),
    *("%c2%85no", "%c2%a0no", "%e3%80%80No"),
)
TRUE = (
    *("1", "true", "y", "off", "f", "n", "00", "nil", "-", "%1c", "%1d0", "no%1e", "%1ffalse"),
    *("%e2%80%8bno", "%ef%bb%bf0"),
)


@pytest.mark.parametrize("value", FALSE)
def test_a_no_is_what_the_engine_takes_for_one(value: str) -> None:
    call = find_call(asked(f"POST /containers/shop/attach?stream=1&stdin={value}"))
    assert call.right is Right.VIEW
    assert read_target(call.target).query["stdin"][0] in ("", "0"), "and the engine is told so in the plainest way"


@pytest.mark.parametrize("value", TRUE)
@pytest.mark.parametrize("name", ["stdin", "%73td%69n"])
def test_every_other_word_is_a_yes(name: str, value: str) -> None:
    call = find_call(asked(f"POST /containers/shop/attach?stream=1&{name}={value}"))
    assert call.right is Right.EXEC
    assert read_target(call.target).query["stdin"] == ("1",)


@pytest.mark.parametrize("version", ["", "/v1.24", "/v1.41", "/v1.42", "/v1.45"])
@pytest.mark.parametrize("query", ["", "?stdin=0", "?stream=1&stdout=1", "?stdin=1", "?stdin=%1c", "?stdin"])
def test_attach_over_a_websocket_always_takes_the_right_to_write(version: str, query: str) -> None:
    assert find_call(asked(f"GET {version}/containers/shop/attach/ws{query}")).right is Right.EXEC


@pytest.mark.parametrize(
    "query",
    ["stdin=0&stdin=1", "stdin=0&std%69n=1", "stdin=0;stdin=1", "stdin=%zz", "stdin=%", "stdin=%ff", "stdin=0;"],
)
def test_a_query_that_two_readers_read_differently_is_refused(query: str) -> None:
    with pytest.raises(NotCanonical):
        find_call(asked(f"POST /containers/shop/attach?{query}"))


@pytest.mark.parametrize("path", ["containers/shop", "services/web", "tasks/t"])
def test_details_of_logs_hold_variables_of_the_environment(path: str) -> None:
    """`--log-opt env=PASSWORD` adds a variable's value to each line; `details` shows it."""
    assert find_call(asked(f"GET /{path}/logs?stdout=1")).right is Right.VIEW
    assert find_call(asked(f"GET /{path}/logs?stdout=1&details=false")).right is Right.VIEW
    assert find_call(asked(f"GET /{path}/logs?stdout=1&details=1")).right is Right.SECRETS
    assert find_call(asked(f"GET /{path}/logs?stdout=1&details=%1c")).right is Right.SECRETS


def test_what_is_left_out_of_a_query_stays_left_out() -> None:
    """Some of the engine's booleans are true where they are not given, others where they are empty."""
    for line, target in (
        ("GET /containers/x/stats?stream=", "/containers/x/stats?stream="),
        ("GET /containers/x/stats?stream=no", "/containers/x/stats?stream=0"),
        ("GET /containers/json?all=true&limit=5", "/containers/json?all=1&limit=5"),
        ("GET /containers/x/logs?follow=1&tail=all", "/containers/x/logs?follow=1&tail=all"),
    ):
        assert find_call(asked(line)).target == target


def test_every_boolean_of_a_route_is_one_of_its_parameters() -> None:
    for route in ROUTES:
        assert set(route.more) <= route.truths <= route.query, route.line


def test_a_filter_is_passed_on_as_it_was_read() -> None:
    filters = json.dumps({"label": ["a=b&c;d+e%"]})
    call = find_call(asked(f"GET /containers/json?filters={quote(filters, safe='')}"))
    assert read_target(call.target).query["filters"] == (filters,)
