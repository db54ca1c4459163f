"""docs/security.md says of each role what the guard's own table says."""

from __future__ import annotations

import re
from pathlib import Path

from dockworthy.guard.rights.roles import RIGHTS
from dockworthy.guard.routes.table import Right
from dockworthy.model.guard_policy import Role

PAGE = Path(__file__).parents[2] / "docs/security.md"


def test_the_page_lists_every_right_of_every_role() -> None:
    text = PAGE.read_text()
    head = re.search(r"^\| right \|(.+)\|$", text, re.MULTILINE)
    assert head is not None
    roles = [Role(name.strip()) for name in head[1].split("|")]
    rows = re.findall(r"^\| `(\w+)`: [^|]+\|(.+)\|$", text, re.MULTILINE)
    shown = {
        (role, Right(right)): cell.strip() == "yes"
        for right, cells in rows
        for role, cell in zip(roles, cells.split("|"), strict=True)
    }
    assert shown == {(role, right): right in RIGHTS[role] for role in Role for right in Right}
