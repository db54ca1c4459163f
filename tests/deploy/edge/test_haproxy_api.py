"""What HAProxy answers is read by the names of its columns."""

from __future__ import annotations

from dockworthy.deploy.edge.haproxy_api import Server, servers_in
from dockworthy.deploy.edge.process import compacted, with_new_backends

_STATE = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
srv_time_since_last_change srv_check_status srv_check_result srv_check_health \
srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id \
srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
3 shop:web 1 s1 172.20.0.3 2 0 1 1 9 15 3 4 6 0 0 0 web.shop 8000 - 0 0 - - 0
3 shop:web 2 s2 172.20.0.4 0 0 1 1 1 7 2 0 6 0 0 0 web.shop 8000 - 0 0 - - 0
3 shop:web 3 s3 172.20.0.5 2 0 1 1 0 1 0 1 6 0 0 0 web.shop 8000 - 0 0 - - 0
3 shop:web 4 s4 172.20.0.6 0 32 1 1 1 1 0 0 14 0 0 0 web.shop 8000 - 0 0 - - 0
3 shop:web 5 s5 - 0 32 1 1 1 1 0 0 14 0 0 0 web.shop 8000 - 0 0 - - 0
4 shop:web:2 1 s1 172.20.0.3 1 0 1 1 9 15 3 4 6 0 0 0 web.shop 8000 - 0 0 - - 0

"""


def test_a_server_is_up_when_it_runs_and_its_check_went_well() -> None:
    assert servers_in(_STATE) == (
        Server("shop:web", "172.20.0.3", 8000, True),
        Server("shop:web", "172.20.0.4", 8000, False),
        Server("shop:web", "172.20.0.5", 8000, False),  # nobody asked it yet
        Server("shop:web:2", "172.20.0.3", 8000, True),
    )
    assert servers_in("") == ()


def test_servers_that_get_requests_are_handed_over_in_the_first_slots() -> None:
    rows = [line.split() for line in _STATE.splitlines() if line.startswith("3 ")]
    first, second, third, fourth, fifth = (row[4:] for row in rows)
    given = _STATE.replace("172.20.0.3 2 0", "- 0 32", 1)  # the first slot was emptied
    handed = compacted(given)
    assert [line.split()[2:5] for line in handed.splitlines() if line.startswith("3 ")] == [
        ["1", "s1", third[0]],
        ["2", "s2", second[0]],
        ["3", "s3", fourth[0]],
        ["4", "s4", "-"],
        ["5", "s5", "-"],
    ]
    assert sorted(" ".join(line.split()[4:]) for line in handed.splitlines()) == sorted(
        " ".join(line.split()[4:]) for line in given.splitlines() if line
    )
    assert handed.startswith("1\n# be_id be_name")
    assert compacted(handed) == handed
    assert (first[0], fifth[0]) == ("172.20.0.3", "-")


def test_a_new_backend_gets_the_servers_of_one_that_leads_to_the_same() -> None:
    told = with_new_backends(
        _STATE, {"shop:web": ("web.shop:8000",), "shop:web:3": ("web.shop:8000",), "shop:api": ("a.shop:1",)}
    )
    new = [line.split() for line in told.splitlines() if " shop:web:3 " in line]
    (one,) = {line.split()[1] for line in _STATE.splitlines() if line[:1].isdigit() and " " in line} - {"shop:web"}
    assert [row[2:] for row in new] == [line.split()[2:] for line in _STATE.splitlines() if f" {one} " in line]
    assert "shop:api" not in told and told.startswith(_STATE.rstrip()), "nothing else is told"
