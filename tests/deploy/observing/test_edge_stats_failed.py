"""Which requests failed, in the words of the edge's log."""

from __future__ import annotations

from dockworthy.deploy.observing.edge_stats import answering_errors, failed_in, told
from dockworthy.model.rollout import EDGE_NETWORK, Task, TaskState

_AT = "2026-11-26T19:00:0{}.123456789Z 198.51.100.7 "
LOG = "\n".join(
    _AT.format(number) + line
    for number, line in enumerate(
        (
            "GET shop.example/cart 200 512 12 ms shop:web/s1 172.18.0.4 ----",
            "GET shop.example/cart 502 209 3 ms shop:web/s2 172.18.0.5 SH--",
            "POST shop.example/pay 500 90 20 ms shop:web:/pay/s1 172.18.0.4 ----",
            "GET shop.example/big 200 4096 40 ms shop:web/s2 172.18.0.5 SD--",
            "GET shop.example/left -1 0 9 ms shop:web/s1 172.18.0.4 CD--",
            "GET shop.example/none 503 107 5001 ms shop:web/<NOSRV> - sQ--",
            "GET blog.example/ 500 90 2 ms blog:web/s1 172.18.0.9 ----",
        )
    )
)


def test_what_the_edge_and_the_app_failed_is_told_apart() -> None:
    failed = list(failed_in(f"Note: a line of another kind\n{LOG}\n", "shop", ["web"]))
    assert [str(each) for each in failed] == [
        "GET shop.example/cart got 502 from 172.18.0.5 after 3 ms at 19:00:01 UTC: "
        "its container hung up before it answered (SH--)",
        "POST shop.example/pay got 500 from 172.18.0.4 after 20 ms at 19:00:02 UTC: "
        "the application's own answer (----)",
        "GET shop.example/big got 200 from 172.18.0.5 after 40 ms at 19:00:03 UTC: "
        "its container hung up in the middle of the answer (SD--)",
        "GET shop.example/none got 503 after 5001 ms at 19:00:05 UTC: no container was free for it in time (sQ--)",
    ]
    assert told(failed).startswith("at the edge: GET shop.example/cart got 502") and told(failed).endswith(
        "; and 1 more"
    )
    assert told([]) == ""


def test_another_project_and_service_are_none_of_it() -> None:
    assert not list(failed_in(LOG, "shop", ["worker"]))
    assert [each.asked for each in failed_in(LOG, "blog", ["web"])] == ["GET blog.example/"]


def test_what_runs_and_answers_with_errors_itself_is_known_by_its_address() -> None:
    def at(address: str, state: TaskState = TaskState.RUNNING) -> list[Task]:
        where = {EDGE_NETWORK: address}
        return [Task(id="1", name="w", service="web", spec_hash="", image_id="", state=state, addresses=where)]

    assert answering_errors(LOG, "shop", {"web": at("172.18.0.4")}) == {
        "web": "web answered 500 to 1 of its last requests"
    }
    for others in (at("172.18.0.5"), at("172.18.0.4", TaskState.EXITED)):  # it hung up; it is another one's now
        assert answering_errors(LOG, "shop", {"web": others}) == {}
