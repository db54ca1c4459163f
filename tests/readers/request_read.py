"""Create requests as the tests read them, and what they say."""

from __future__ import annotations

import json
from typing import Any

from dockworthy.model.dialect import Version
from dockworthy.model.field import Set
from dockworthy.readers.create_request import CreateRequest, read_create_request
from dockworthy.readers.engine_context import EngineContext

ENGINE = EngineContext(Version(1, 45), frozenset({"seccomp", "apparmor"}), log_driver="local")


def read(body: Any, engine: EngineContext = ENGINE, **more: Any) -> CreateRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_create_request(raw, context=engine, **more)


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value
