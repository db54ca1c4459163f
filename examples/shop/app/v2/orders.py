"""Orders, and the page that shows them: version 2, in which a customer may leave a note."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

VERSION = "version 2"
NEEDS = ("1-orders.sql", "2-notes.sql")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop, version 2</title></head>
<body><h1>Shop, version 2</h1>
<form method="post" action="/orders"><label>What? <input name="what" required></label>
<label>A note? <input name="note"></label> <button>Order</button></form>
<table><tr><th>Order<th>What<th>Note<th>State</tr>
{rows}
</table></body></html>
"""


def place(cursor: Any, fields: Mapping[str, str]) -> int:
    """Its number. The worker gets it with the same transaction, or not at all."""
    values = (fields["what"], fields.get("note", ""))
    cursor.execute("INSERT INTO orders (what, note) VALUES (%s, %s) RETURNING number", values)
    number: int = cursor.fetchone()[0]
    cursor.execute("INSERT INTO queue (number) VALUES (%s)", (number,))
    return number


def page(cursor: Any) -> str:
    """The last ten."""
    cursor.execute("SELECT number, what, note, packed IS NOT NULL FROM orders ORDER BY number DESC LIMIT 10")
    rows = (
        f"<tr><td>{number}<td>{escape(what)}<td>{escape(note)}<td>{'packed' if packed else 'waits'}</tr>"
        for number, what, note, packed in cursor.fetchall()
    )
    return _PAGE.format(rows="\n".join(rows))
