"""The shop's database: where it is, its password (a file, never a variable), and a few connections that are shared."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2

_PASSWORD = Path("/run/secrets/database-password")
_WAITING = 5.0  # seconds


def connect() -> Any:
    """A connection of its own. Raises psycopg2.OperationalError where the database does not answer within 3 s."""
    return psycopg2.connect(
        host="db", dbname="shop", user="shop", password=_PASSWORD.read_text().strip(), connect_timeout=3
    )


class Connections:
    """A few that are shared; who comes when all are lent waits for one."""

    def __init__(self, at_most: int = 8) -> None:
        self._free: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(at_most):
            self._free.put(None)

    @contextlib.contextmanager
    def cursor(self) -> Iterator[Any]:
        """In one transaction, which ends with the block. A connection that failed is not used again.

        Raises psycopg2.Error, also where none is free within 5 s.
        """
        try:
            connection = self._free.get(timeout=_WAITING)
        except queue.Empty:
            raise psycopg2.OperationalError("all connections are in use") from None
        try:
            connection = connection or connect()
            with connection, connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error:
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            self._free.put(connection)
