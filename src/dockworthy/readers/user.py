"""`USER`: a name or a number, with a group behind a colon."""

from __future__ import annotations

from ..model.field import Field, Set, Unset
from ..model.workload import User


def read_user(field: Field[str]) -> Field[User]:
    """`app`, `1000`, `1000:1000`, `app:staff`; an empty one is Unset (root, then)."""
    if not isinstance(field, Set):
        return field
    if not field.value.strip():
        return Unset(field.source)
    name, _, group = field.value.strip().partition(":")
    uid = int(name) if name.isascii() and name.isdigit() and len(name) < 12 else None
    return Set(User(uid=uid, name="" if uid is not None else name, group=group), field.source, field.origin)
