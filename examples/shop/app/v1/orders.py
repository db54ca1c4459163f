"""Orders, and the page that shows them: version 1."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

VERSION = "version 1"
NEEDS = ("1-orders.sql",)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop, version 1</title></head>
<body><h1>Shop, version 1</h1>
<form method="post" action="/orders"><label>What? <input name="what" required></label> <button>Order</button></form>
<table><tr><th>Order<th>What<th>State</tr>
{rows}
</table></body></html>
"""


def place(cursor: Any, fields: Mapping[str, str]) -> int:
    """Its number. The worker gets it with the same transaction, or not at all."""
    cursor.execute("INSERT INTO orders (what) VALUES (%s) RETURNING number", (fields["what"],))
    number: int = cursor.fetchone()[0]
    cursor.execute("INSERT INTO queue (number) VALUES (%s)", (number,))
    return number


def page(cursor: Any) -> str:
    """The last ten."""
    cursor.execute("SELECT number, what, packed IS NOT NULL FROM orders ORDER BY number DESC LIMIT 10")
    rows = (
        f"<tr><td>{number}<td>{escape(what)}<td>{'packed' if packed else 'waits'}</tr>"
        for number, what, packed in cursor.fetchall()
    )
    return _PAGE.format(rows="\n".join(rows))
