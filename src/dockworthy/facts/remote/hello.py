"""The first thing a host says of itself: who we are there, what time it has, what it lacks."""

from __future__ import annotations

from typing import NamedTuple


class Hello(NamedTuple):
    """`clock`: the host's, in seconds since 1970, None where it has no date. `lacks`: programs that are needed."""

    uid: int
    clock: int | None
    byteorder: str
    lacks: tuple[str, ...]

    @classmethod
    def parse(cls, content: bytes) -> Hello:
        """Lines of `name=value`. An odd value is as good as none."""
        lines = content.decode("utf-8", "replace").splitlines()
        said = {name: value.strip() for name, _, value in (line.partition("=") for line in lines)}
        clock = said.get("time", "")
        return cls(
            uid=int(said["uid"]) if said.get("uid", "").isdecimal() else -1,
            clock=int(clock) if clock.isdecimal() else None,
            byteorder="big" if said.get("one") == "256" else "little",
            lacks=tuple(said.get("lacks", "").split()),
        )
