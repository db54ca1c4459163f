"""`USER`: a name or a number, with a group behind a colon."""

from __future__ import annotations

from ..model.field import Field, Set, Unset
from ..model.user_names import number_of_user
from ..model.workload import User


def read_user(field: Field[str]) -> Field[User]:
    """`app`, `1000`, `1000:1000`, `app:staff`; an empty one is Unset (root, then), and so is root where nothing
    stands before the colon."""
    if not isinstance(field, Set):
        return field
    if not field.value.strip():
        return Unset(field.source)
    name, _, group = field.value.strip().partition(":")
    uid = number_of_user(name)
    return Set(User(uid=uid, name="" if uid is not None else name, group=group), field.source, field.origin)
