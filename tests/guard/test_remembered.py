"""What is read once for many requests is what would have been read for each."""

from __future__ import annotations

import pytest

from dockworthy.guard.request import GuardRequest, NotCanonical
from dockworthy.guard.routes import find_call
from dockworthy.guard.socket.request_head import request_head
from dockworthy.guard.socket.tickets import Tickets

RENAME = "/v1.45/containers/web/rename?name=shop"


def asked(method: str, target: str, **headers: str) -> GuardRequest:
    return GuardRequest(
        method=method, target=target, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_header_that_matters_is_looked_at_each_time() -> None:
    for _ in range(2):
        assert find_call(asked("POST", RENAME, content_length="0")).subject == "web"
        with pytest.raises(NotCanonical, match="must say that it has no body"):
            find_call(asked("POST", RENAME))
        with pytest.raises(NotCanonical, match="takes no body"):
            find_call(asked("POST", RENAME, content_length="7"))
        with pytest.raises(NotCanonical, match="a form in the body"):
            find_call(asked("POST", RENAME, content_length="0", content_type="multipart/form-data"))
        with pytest.raises(NotCanonical, match="is not asked with PUT"):
            find_call(asked("PUT", RENAME, content_length="0"))


def test_a_head_is_read_by_all_that_it_says() -> None:
    plain = [(b"Host", b"docker"), (b"User-Agent", b"monitor")]
    for _ in range(2):
        first = request_head(b"GET", b"/v1.45/containers/json", plain, "1.1")
        assert request_head(b"GET", b"/v1.45/containers/json", plain, "1.0").is_old
        assert not first.is_old and first.passed == (("user-agent", "monitor"),)
        other = request_head(b"GET", b"/v1.45/containers/json", [*plain, (b"Connection", b"close")], "1.1")
        assert other.wants_close and not first.wants_close


def test_what_may_be_a_secret_is_not_kept() -> None:
    from dockworthy.guard.socket import request_head as module

    module._often_read.cache_clear()
    request_head(b"POST", b"/v1.45/images/create?fromImage=a", [(b"X-Registry-Auth", b"c2VjcmV0")], "1.1")
    assert module._often_read.cache_info().currsize == 0


def test_no_ticket_comes_twice() -> None:
    tickets = Tickets()
    given = [tickets.stamp("GET", "/info", b"", is_admin=False, who="user a")[1] for _ in range(1000)]
    assert len(set(given)) == 1000 and all(len(token.rpartition(".")[2]) == 48 for token in given)
