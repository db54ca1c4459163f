"""The cut-off project, filled: copies of what its services bind, and stand-ins for their secrets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .copies import Copies
from .images import Image
from .owner import Owner
from .scratch import cut_off
from .scratch_secrets import learn_secrets, put_in_secrets
from .stand_ins import StandIns


def cut_off_project(
    rendered: Mapping[str, Any],
    scope: Sequence[str],
    images: Mapping[str, Image],
    owner: Owner,
    stand_ins: StandIns,
    copies: Copies,
    note: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, str]]:
    """A Compose configuration, and the variables that Compose needs for it. `note` is told what is missing in it."""
    learn_secrets(rendered, tuple(scope), stand_ins, os.environ)
    scratch = cut_off(rendered, scope, images, owner, stand_ins)
    copies.put_in(scratch.config, scratch.binds)
    notes: list[str] = []
    variables = put_in_secrets(scratch.config, rendered, stand_ins, copies, os.environ, notes)
    for each in (*scratch.notes, *copies.notes, *notes):
        note(each)
    return scratch.config, variables
