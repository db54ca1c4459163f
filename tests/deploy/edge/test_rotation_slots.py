"""What HAProxy says of its slots, and of the requests in them."""

from __future__ import annotations

from msgspec import structs

from dockworthy.deploy.edge.rotation import Slot, exchanging, is_broken_off, sessions_in, slots_in

_STATE = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_fqdn
3 shop:web 1 s1 172.20.0.3 2 0 99 web.shop
3 shop:web 2 s2 172.20.0.4 2 8 100 web.shop
3 shop:web 3 s3 - 0 40 100 web.shop
3 shop:web 4 s4 - 0 32 100 web.shop
3 shop:web 5 s5 172.20.0.5 0 0 100 web.shop
3 shop:web 6 hold - 2 0 1 -

"""
_STAT = """\
# pxname,svname,qcur,qmax,scur,smax
http,FRONTEND,,,12,20
shop:web,s1,0,0,3,4
shop:web,s2,1,0,0,4
shop:web,BACKEND,0,0,3,9

"""


def test_a_slot_tells_who_stands_in_it_and_whether_a_word_keeps_requests_from_it() -> None:
    assert tuple(slots_in(_STATE)) == (
        Slot("shop:web/s1", "172.20.0.3", drained=False, gets_requests=True, moved=True),
        Slot("shop:web/s2", "172.20.0.4", drained=True, gets_requests=False),
        Slot("shop:web/s3", "", drained=True, gets_requests=False),
        Slot("shop:web/s4", "", drained=False, gets_requests=False),
        Slot("shop:web/s5", "172.20.0.5", drained=False, gets_requests=False),
    )
    assert tuple(slots_in("")) == ()


def slot(number: int, address: str, *, serves: bool = True, backend: str = "shop:web") -> Slot:
    return Slot(f"{backend}/s{number}", address, drained=False, gets_requests=serves and bool(address))


def test_others_stand_in_the_places_of_those_that_go() -> None:
    slots = [slot(1, ""), slot(2, "10.0.0.1"), slot(3, "10.0.0.2"), slot(4, "")]
    assert exchanging(slots, {"10.0.0.1", "10.0.0.2"}, {"10.0.0.3", "10.0.0.4"}) == (
        [
            "set server shop:web/s1 state drain",
            "set server shop:web/s4 state drain",
            "set server shop:web/s2 weight 99",
            "set server shop:web/s2 addr 10.0.0.3",
            "set server shop:web/s3 weight 99",
            "set server shop:web/s3 addr 10.0.0.4",
        ],
        {"shop:web/s2", "shop:web/s3"},
    )
    fewer, _ = exchanging(slots, {"10.0.0.1", "10.0.0.2"}, {"10.0.0.3"})
    assert "set server shop:web/s3 state drain" in fewer, "who goes and is replaced by nobody gets nothing either"
    faster = [*slots[:3], slot(4, "10.0.0.3")]
    words, places = exchanging(faster, {"10.0.0.1", "10.0.0.2"}, {"10.0.0.3"})
    assert not places and words == [f"set server shop:web/s{number} state drain" for number in (1, 2, 3)]


def test_an_exchange_that_did_not_end_is_seen() -> None:
    """Who came to stand for another one got a place of his own from the DNS meanwhile; the other one has none."""
    moved = structs.replace(slot(1, "10.0.0.2"), moved=True)
    assert is_broken_off([moved, slot(2, "")]) and is_broken_off([structs.replace(moved, address="")])
    assert is_broken_off([slot(1, "10.0.0.2"), slot(2, "10.0.0.2")])
    api = slot(1, "10.0.0.2", backend="shop:api")
    assert not is_broken_off([slot(1, "10.0.0.1"), slot(2, "10.0.0.2"), slot(3, ""), slot(4, ""), api])


def test_where_there_are_too_few_places_on_any_route_nothing_is_said() -> None:
    two = {"10.0.0.3", "10.0.0.4"}
    assert exchanging([slot(1, "10.0.0.1"), slot(2, "")], {"10.0.0.1"}, two) == ([], set())
    other = [slot(1, "10.0.0.1", backend="shop:web:2", serves=False)]
    assert exchanging([slot(1, "10.0.0.1"), *other], {"10.0.0.1"}, {"10.0.0.3"}) == ([], set())


def test_requests_are_those_at_work_and_those_that_wait() -> None:
    assert sessions_in(_STAT) == {"http/FRONTEND": 12, "shop:web/s1": 3, "shop:web/s2": 1, "shop:web/BACKEND": 3}
