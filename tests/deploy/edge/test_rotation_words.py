"""What HAProxy says of its slots, and of the requests in them."""

from __future__ import annotations

from dockworthy.deploy.edge.rotation import Slot, sessions_in, slots_in

_STATE = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state
3 shop:web 1 s1 172.20.0.3 2 0
3 shop:web 2 s2 172.20.0.4 2 8
3 shop:web 3 s3 - 0 40
3 shop:web 4 s4 - 0 32
3 shop:web 5 s5 172.20.0.5 0 0

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
        Slot("shop:web/s1", "172.20.0.3", drained=False, gets_requests=True),
        Slot("shop:web/s2", "172.20.0.4", drained=True, gets_requests=False),
        Slot("shop:web/s3", "", drained=True, gets_requests=False),
        Slot("shop:web/s4", "", drained=False, gets_requests=False),
        Slot("shop:web/s5", "172.20.0.5", drained=False, gets_requests=False),
    )
    assert tuple(slots_in("")) == ()


def test_requests_are_those_at_work_and_those_that_wait() -> None:
    assert sessions_in(_STAT) == {"http/FRONTEND": 12, "shop:web/s1": 3, "shop:web/s2": 1, "shop:web/BACKEND": 3}
