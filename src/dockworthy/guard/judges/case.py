"""What every judge is given, and the bodies of requests read strictly."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...errors import UnreadableInput
from ...readers.create_request.keys import Shape
from ...readers.create_request.request import unknown_keys
from ..policy_in_force import PolicyInForce
from ..request import NotCanonical
from ..request_body import read_body
from ..routes import Call
from ..world import World


class Case(Struct, frozen=True, kw_only=True):
    call: Call
    world: World
    policy: PolicyInForce

    def body(self, shape: dict[str, Shape]) -> dict[str, Any]:
        """The body, every known key of it spelt and filled as the API has it; keys that the API does not know are left
        out, as the engine passes over them. Raises NotCanonical for anything that could be read in another way."""
        document = read_body(self.call)
        if not isinstance(document, dict):
            raise NotCanonical("the body is no object")
        try:
            strangers = set(unknown_keys(document, shape, self.call.route.action))
        except UnreadableInput as error:
            raise NotCanonical(error.says) from None
        return {name: value for name, value in document.items() if name not in strangers}
