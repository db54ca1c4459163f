"""Brings the tables to what this version needs. A version before may go on at the same time, and afterwards: what is
added has a default, and nothing is taken away."""

from __future__ import annotations

from pathlib import Path

import orders  # of this version

from .database import connect

_FILES = Path("/app/migrations")
_LOCK = 7_405_001
"""Any number: two that migrate at a time wait for each other."""


def main() -> None:
    connection = connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, done timestamptz DEFAULT now())")
        cursor.execute("SELECT name FROM migrations")
        done = {name for (name,) in cursor.fetchall()}
        for name in orders.NEEDS:
            if name not in done:
                cursor.execute((_FILES / name).read_text())
                cursor.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
        new = [name for name in orders.NEEDS if name not in done]
        print(f"{orders.VERSION}: {', '.join(new) or 'nothing to migrate'}")


if __name__ == "__main__":
    main()
