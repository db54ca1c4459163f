"""One request, one meaning: what comes twice where the engine reads one is refused at every socket of the guard's."""

from __future__ import annotations

import pytest

from dockworthy.guard.request import NotCanonical
from dockworthy.guard.socket.request_head import request_head

PLAIN = [(b"Host", b"docker"), (b"Accept", b"a"), (b"Accept", b"b"), (b"X-Docker-Expose-Session-Grpc-Method", b"/a"),
         (b"X-Docker-Expose-Session-Grpc-Method", b"/b")]  # fmt: skip


@pytest.mark.parametrize(
    "name", "Host Content-Type Content-Length Transfer-Encoding Upgrade X-Registry-Auth X-Registry-Config".split()
)
@pytest.mark.parametrize("again", [str, str.lower, str.upper])
def test_what_comes_twice_has_two_meanings(name: str, again: object) -> None:
    others = [pair for pair in PLAIN if pair[0].decode() != name]
    value = b"chunked" if name == "Transfer-Encoding" else b"5"
    once = [*others, (name.encode(), value)]
    request_head(b"POST", b"/build", once, "1.1")
    with pytest.raises(NotCanonical, match="comes twice"):
        request_head(b"POST", b"/build", [*once, (again(name).encode(), value)], "1.1")  # type: ignore[operator]


def test_a_length_and_chunks_are_two_meanings() -> None:
    both = [*PLAIN, (b"Content-Length", b"5"), (b"Transfer-Encoding", b"chunked")]
    with pytest.raises(NotCanonical, match="a length, and comes in chunks"):
        request_head(b"POST", b"/build", both, "1.1")
