"""Packs what was ordered, one order at a time. Several may run: none takes what another one has. Ends on SIGTERM when
the order in its hands is packed."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from signal import SIGINT, SIGTERM, signal

import orders  # of this version
import psycopg2

from .database import Connections

_ALIVE = Path("/tmp/alive")
"""Touched in each round, whether there was something to do or not: that the health check looks at."""
_TAKE = """
    DELETE FROM queue
    WHERE number = (SELECT number FROM queue ORDER BY number FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING number
"""
_EMPTY = 0.5  # seconds until an empty queue is looked at again


def pack_one(connections: Connections) -> bool:
    """False where nothing waits. Until the transaction ends, the order is in the queue for all who ask later."""
    with connections.cursor() as cursor:
        cursor.execute(_TAKE)
        if (row := cursor.fetchone()) is None:
            return False
        time.sleep(0.05)  # the work
        cursor.execute("UPDATE orders SET packed = now() WHERE number = %s", row)
        print(f"order {row[0]} is packed")
        return True


def main() -> None:
    ends = threading.Event()
    for each in (SIGTERM, SIGINT):
        signal(each, lambda *_: ends.set())
    connections = Connections()
    print(f"{orders.VERSION} waits for orders")
    while not ends.is_set():
        try:
            found = pack_one(connections)
            _ALIVE.touch()
        except psycopg2.Error as error:
            found = False
            print(f"the queue can't be read: {str(error).strip()}", file=sys.stderr)
        if not found:
            ends.wait(_EMPTY)


if __name__ == "__main__":
    main()
