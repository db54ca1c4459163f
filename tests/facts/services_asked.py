"""One service asked, and a port that nobody listens at."""

from __future__ import annotations

import socket
from unittest.mock import patch

from dockworthy.facts import open_services
from dockworthy.facts.open_services import ask_services
from dockworthy.facts.open_services.candidates import Candidate
from dockworthy.model.field import Set
from dockworthy.model.services import ServiceAnswer
from patience import patience


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


async def ask(service: str, port: int) -> ServiceAnswer:
    with patch.multiple(open_services, SECONDS=patience(1.5), _EACH=patience(0.5)):
        field = await ask_services([Candidate(service, "127.0.0.1", port, "0.0.0.0")])
    assert isinstance(field, Set)
    (answer,) = field.value
    return answer
