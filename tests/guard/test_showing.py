"""What somebody limited to a project sees of lists and events, whatever the engine says, and however it is cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.guard.asked import Asked
from dockworthy.guard.rights.showing import Shown, shown
from dockworthy.guard.routes import find_call
from dockworthy.guard.socket.rewriting import MOST_LINE, Lines, Whole
from dockworthy.model.guard_policy import Binding, Role

COMPOSE, STACK = "com.docker.compose.project", "com.docker.stack.namespace"
OF_SHOP = Binding(who="user:x", role=Role.VIEWER, projects=("shop",))
MINE, THEIRS = {COMPOSE: "shop"}, {COMPOSE: "bank"}
SERVICES = [
    {"ID": "s1", "Spec": {"Name": "a", "Labels": {STACK: "shop"}}},
    {"ID": "s2", "Spec": {"Name": "b", "Labels": {STACK: "bank"}}},
]


def seen(target: str, answer: Any, *limits: Binding) -> Any:
    call = find_call(Asked(method="GET", target=target))
    found = shown(call, limits or (OF_SHOP,), SERVICES)
    assert found is not None
    return json.loads(found.whole(json.dumps(answer).encode()))


def names(target: str, answer: Any, *limits: Binding) -> list[Any]:
    return [item.get("Id") or item.get("Name") or item.get("ID") for item in seen(target, answer, *limits)]


def test_a_list_holds_what_is_theirs() -> None:
    containers = [
        {"Id": "1", "Names": ["/a"], "Image": "x", "Labels": MINE},
        {"Id": "2", "Names": ["/b"], "Image": "x", "Labels": THEIRS},
        {"Id": "3", "Names": ["/c"], "Image": "x", "Labels": {**MINE, STACK: "bank"}},
        {"Id": "4", "Names": ["/d"], "Image": "x", "Labels": None},
        {"Id": "5"}, None, "odd",
    ]  # fmt: skip
    assert names("/containers/json?all=1", containers) == ["1"]
    assert names("/networks", [{"Name": "n", "Labels": MINE}, {"Name": "bridge", "Labels": {}}]) == ["n"]
    assert names("/services", [{**SERVICES[0], "Id": "s1"}, {**SERVICES[1], "Id": "s2"}]) == ["s1"]
    assert names("/tasks", [{"ID": "t1", "ServiceID": "s1"}, {"ID": "t2", "ServiceID": "s2"}, {"ID": "t3"}]) == ["t1"]
    secrets = [{"ID": "k1", "Spec": {"Name": "k", "Labels": MINE}}, {"ID": "k2", "Spec": {"Name": "l"}}]
    assert names("/secrets", secrets) == names("/configs", secrets) == ["k1"]
    volumes = {"Volumes": [{"Name": "v", "Labels": MINE}, {"Name": "w", "Labels": None}], "Warnings": None}
    assert seen("/volumes", volumes) == {"Volumes": [{"Name": "v", "Labels": MINE}], "Warnings": None}
    used = {"LayersSize": 1, "Containers": containers, "Volumes": None, "Images": [], "BuildCache": [{"ID": "RUN x"}]}
    assert seen("/system/df", used) == {
        "LayersSize": 1, "Containers": containers[:1], "Volumes": None, "Images": [], "BuildCache": [],
    }  # fmt: skip


def test_several_limits_add_up_and_images_limit_too() -> None:
    bank = Binding(who="user:x", role=Role.VIEWER, projects=("bank",), images=("good/*",))
    containers = [
        {"Id": "1", "Image": "x", "Labels": MINE},
        {"Id": "2", "Image": "good/x", "Labels": THEIRS},
        {"Id": "3", "Image": "bad/x", "Labels": THEIRS},
    ]
    assert names("/containers/json", containers, OF_SHOP, bank) == ["1", "2"]
    images = [{"Id": "1", "RepoTags": ["bad/x:1", "good/x:1"]}, {"Id": "2", "RepoTags": ["bad/x:1"]}, {"Id": "3"}]
    assert names("/images/json", images, bank) == ["1"]
    assert names("/images/json", images, OF_SHOP) == ["1", "2", "3"]


def event(kind: str, number: int, **attributes: str) -> bytes:
    return json.dumps({"Type": kind, "n": number, "Actor": {"ID": "i", "Attributes": attributes}}).encode() + b"\n"


EVENTS = [
    event("container", 1, **MINE, image="x", name="a"),
    event("container", 2, **THEIRS, image="x", name="b"),
    event("network", 3, name="bank_net", container="c"),
    event("image", 4, name="x:1"),
    b'{"Type":"container"}\n',
    event("container", 5, **MINE, image="x", name="a"),
]


def of_chunks(framed: bytes) -> bytes:
    whole = b""
    while framed:
        size, _, rest = framed.partition(b"\r\n")
        whole += rest[: int(size, 16)]
        framed = rest[int(size, 16) + 2 :]
    return whole


@given(st.lists(st.integers(0, sum(map(len, EVENTS))), max_size=12))
def test_events_are_theirs_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    stream, places = b"".join(EVENTS), [0, *sorted(cuts), None]
    lines = Lines(Shown(kind="event", limits=(OF_SHOP,)), is_old=False)
    assert b"chunked" in lines.head(200, [("Content-Length", "7")])
    said = b"".join(lines.body(stream[a:b]) for a, b in itertools.pairwise(places)) + lines.end(keep=True)
    assert of_chunks(said) == EVENTS[0] + EVENTS[3] + EVENTS[5]


def test_what_can_not_be_told_apart_is_not_shown() -> None:
    lines = Lines(Shown(kind="event", limits=(OF_SHOP,)), is_old=True)
    with pytest.raises(ValueError):
        lines.body(b"no json\n")
    with pytest.raises(ValueError):
        lines.body(b"x" * (MOST_LINE + 1))
    whole = Whole(Shown(kind="container", limits=(OF_SHOP,)), lambda size: True, hides=False)
    whole.head(200, [])
    whole.body(b'[{"Id":"secret"')
    said = whole.end(keep=True)
    assert said.startswith(b"HTTP/1.1 502") and b"secret" not in said


def test_why_there_are_no_events_is_passed_on() -> None:
    lines = Lines(Shown(kind="event", limits=(OF_SHOP,)), is_old=True)
    lines.head(400, [])
    assert lines.body(b'{"message":"bad filter"}') + lines.end(keep=False) == b'{"message":"bad filter"}'
