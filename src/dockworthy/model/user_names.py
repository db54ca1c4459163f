"""Users as an engine reads them in `USER` and `user:`: a name or a number, with a group behind a colon.

Source: github.com/moby/sys/user, GetExecUser.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\+?[0-9]{1,20}|-0{1,20}", re.ASCII)
_LARGEST = 2**31 - 1


def number_of_user(name: str) -> int | None:
    """Of what stands before the colon. `+0`, `-0` and `00` are 0; nothing at all is 0 where a group stands behind it.
    None for a name, which the image's /etc/passwd knows, and for a number that the engine refuses."""
    if not name:
        return 0
    number = int(name) if _NUMBER.fullmatch(name) else None
    return None if number is None or number > _LARGEST else number
