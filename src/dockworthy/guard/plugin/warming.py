"""The first request must not wait until the controls are loaded (170 ms): they are used once before."""

from __future__ import annotations

import gc

from ...readers.create_request import read_create_document, read_document
from ...readers.engine_context import EngineContext
from ..policy_in_force import PolicyInForce


def warm_up(policy: PolicyInForce) -> None:
    import aiodocker  # noqa: F401  # the way to the engine

    unit = read_create_document(read_document(b'{"Image":"x","HostConfig":{}}'), context=EngineContext())
    list(policy.refused_new(unit))
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it again and again would hold answers up for 20 ms
