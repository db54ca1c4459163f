"""What somebody limited to a project sees of lists and events, whatever the engine says, and however it is cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.guard.request import GuardRequest
from dockworthy.guard.rights.showing import ShownObjects, lists_in, shown
from dockworthy.guard.routes import find_call
from dockworthy.guard.socket.rewriting import LONG, MOST_LINE, MOST_REWRITTEN, LineFilter, Whole, rewriting
from dockworthy.model.guard_policy import Binding, Role

pytestmark = pytest.mark.slow

COMPOSE, STACK = "com.docker.compose.project", "com.docker.stack.namespace"
OF_SHOP = Binding(who="user:x", role=Role.VIEWER, projects=("shop",))
MINE, THEIRS = {COMPOSE: "shop"}, {COMPOSE: "bank"}
SERVICES = [
    {"ID": "s1", "Spec": {"Name": "a", "Labels": {STACK: "shop"}}},
    {"ID": "s2", "Spec": {"Name": "b", "Labels": {STACK: "bank"}}},
]


def seen(target: str, answer: Any, *limits: Binding) -> Any:
    call = find_call(GuardRequest(method="GET", target=target))
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
    lines = LineFilter(ShownObjects(kind="event", limits=(OF_SHOP,)), is_old=False)
    assert b"chunked" in lines.head(200, [("Content-Length", "7")])
    said = b"".join(lines.body(stream[a:b]) for a, b in itertools.pairwise(places)) + lines.end(keep=True)
    assert of_chunks(said) == EVENTS[0] + EVENTS[3] + EVENTS[5]


def test_what_can_not_be_told_apart_is_not_shown() -> None:
    lines = LineFilter(ShownObjects(kind="event", limits=(OF_SHOP,)), is_old=True)
    with pytest.raises(ValueError):
        lines.body(b"no json\n")
    whole = Whole(ShownObjects(kind="container", limits=(OF_SHOP,)), lambda size: True, hides=False)
    whole.head(200, [])
    whole.body(b'[{"Id":"secret"')
    said = whole.end(keep=True)
    assert said.startswith(b"HTTP/1.1 502") and b"secret" not in said


def test_why_there_are_no_events_is_passed_on() -> None:
    lines = LineFilter(ShownObjects(kind="event", limits=(OF_SHOP,)), is_old=True)
    lines.head(400, [])
    assert lines.body(b'{"message":"bad filter"}') + lines.end(keep=False) == b'{"message":"bad filter"}'


@given(st.lists(st.integers(0, 2 * MOST_LINE), max_size=4))
def test_an_event_that_is_too_long_is_left_out_and_ends_nothing(cuts: list[int]) -> None:
    long = event("container", 6, **MINE, image="x", padding="x" * MOST_LINE)
    stream, places = EVENTS[0] + long + EVENTS[5], [0, *sorted(cuts), None]
    lines = LineFilter(ShownObjects(kind="event", limits=(OF_SHOP,)), is_old=True)
    said = b"".join(lines.body(stream[a:b]) for a, b in itertools.pairwise(places)) + lines.end(keep=True)
    assert said == EVENTS[0] + EVENTS[5]


PADDING = {"padding": 'x"\\{}[],' * 10_000}
LONG_LISTS = {
    "/containers/json": [{"Image": "x", "Labels": {**PADDING, **(MINE if each % 9 == 4 else THEIRS)}, "Mounts": [],
                          "Names": [f"/{each}"]} for each in range(30)],
    "/networks": [{"Name": f"n{each}", "Driver": "overlay", "Options": {"token": "s3cret"},
                   "Labels": {**PADDING, **(MINE if each % 9 == 4 else THEIRS)}} for each in range(30)],
    "/volumes": {"Volumes": [{"Name": f"v{each}", "Driver": "x", "Options": {"token": "s3cret"},
                              "Labels": {**PADDING, **(MINE if each % 9 == 4 else THEIRS)}} for each in range(30)],
                 "Warnings": ["[,"]},
    "/system/df": {"LayersSize": 7, "Images": None,
                   "Containers": [{"Image": "x", "Labels": {**PADDING, **THEIRS}}] * 30,
                   "Volumes": [{"Name": "v", "Labels": {**MINE}}], "BuildCache": [{"ID": "b"}]},
}  # fmt: skip


@pytest.mark.parametrize("target", LONG_LISTS)
@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.parametrize("piece", [4093, 64 * 1024, 8 * 1024 * 1024])
def test_a_long_list_is_shown_object_by_object(target: str, is_old: bool, piece: int) -> None:
    """What one person made long is not taken away from others, and needs no more memory than its largest object."""
    call = find_call(GuardRequest(method="GET", target=target))
    of_shop, held = shown(call, (OF_SHOP,)), [0]

    def room(size: int) -> bool:
        held[0] += size
        return True

    for limits, hides in ((of_shop, False), (of_shop, True), (None, True)):
        expected = Whole(limits, lambda size: True, hides=hides)
        expected.head(200, [])
        body = json.dumps(LONG_LISTS[target]).encode()
        assert LONG < len(body) < MOST_REWRITTEN
        expected.body(body)
        held[0] = 0
        changed = rewriting(limits, room, hides=hides, is_old=is_old, lists=lists_in(call))
        assert changed is not None
        said = changed.head(200, [("Content-Length", "7")])
        said += b"".join(changed.body(body[at : at + piece]) for at in range(0, len(body), piece))
        said += changed.end(keep=True)
        head, _, rest = said.partition(b"\r\n\r\n")
        assert b"Content-Length" not in head
        got = json.loads(rest if is_old else of_chunks(rest))
        assert got == json.loads(expected.end(keep=True).partition(b"\r\n\r\n")[2])
        assert b"s3cret" not in rest or not hides
        assert held[0] < LONG + piece + 200_000


@pytest.mark.parametrize("end", [b"", b"}", b"]]", b"][1]", b"]{}", b',{"Image":'])
def test_a_long_list_that_does_not_end_as_one_is_not_passed_off_as_whole(end: bytes) -> None:
    call = find_call(GuardRequest(method="GET", target="/containers/json"))
    whole = Whole(shown(call, (OF_SHOP,)), lambda size: True, hides=False, lists=lists_in(call))
    whole.head(200, [])
    with pytest.raises(ValueError):
        whole.body(json.dumps(LONG_LISTS["/containers/json"]).encode()[:-1] + end)
        whole.end(keep=True)


def test_an_object_that_is_too_large_is_not_held() -> None:
    call = find_call(GuardRequest(method="GET", target="/containers/json"))
    whole = Whole(shown(call, (OF_SHOP,)), lambda size: True, hides=False, lists=lists_in(call))
    whole.head(200, [])
    with pytest.raises(ValueError):
        for _ in range(MOST_REWRITTEN // (1024 * 1024) + 2):
            whole.body(b'[{"Id":"' + b"x" * 1024 * 1024)
