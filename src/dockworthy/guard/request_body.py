"""The JSON body of a request: read so that it has one meaning, and written again where the guard changes it."""

from __future__ import annotations

import json
from typing import Any

from msgspec import structs

from ..errors import UnreadableInput
from ..readers.api_object import ApiObject
from ..readers.create_request.strict_json import parse
from .bounds import check_bounds, check_size
from .request import NotCanonical
from .routes import Call


def read_body(call: Call) -> Any:
    """Raises NotCanonical for one that can't be read, or is too large."""
    check_size(call.body)
    try:
        body = parse(call.body, call.route.action)
    except UnreadableInput as error:
        raise NotCanonical(error.says) from None
    check_bounds(body)
    return body


def body_of(call: Call) -> ApiObject:
    """Empty for one that can't be read: the canonical form refuses that."""
    try:
        return ApiObject(parse(call.body, call.route.action), call.route.action)
    except UnreadableInput:
        return ApiObject(None, call.route.action)


def with_body(call: Call, body: Any) -> Call:
    return structs.replace(call, body=encoded(body))


def encoded(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
