"""One unit of the suite: what it says, and how each syntax says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dockworthy.model.finding import Outcome

BAD, GOOD, GAP, NOT_HERE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


@dataclass(frozen=True)
class Case:
    """`says` are the explicit values by their names in `projection`: no more and no less may be read in any syntax.

    A syntax that can't say it has None. Each is written as a fragment:
    `docker_run` the whole command line with image `shop`, `request` a part of a create request's body, `compose` the
    lines of the service, `kubernetes` the lines of the container and `pod` those of the pod's spec, `service` a part
    of a service's `Spec`, `marathon` the lines of an app (`parameters` writes flags of `docker run`), `marathon_pod`
    those of a pod's container, `titus` those of a job's container. `container` is a part of an inspect answer; what is
    said in HostConfig and at the top of a request stands in the same words in its HostConfig and Config, and need not
    be written again.

    `volumes` are there: name -> as `GET /volumes` has them; a Compose file declares the same under `volumes`.
    `makes`: volumes that come with what is asked, which an engine and a Compose file tell in the same way.
    `follows`: values that what is said brings with it, for readers that tell them as written too.
    `found`: control -> the outcome that it must have in every syntax of whose platform it speaks; `not_found_in` are
    the syntaxes in which that control is not compared, since their platform judges otherwise.
    """

    name: str
    says: Mapping[str, Any]
    docker_run: str | None = None
    request: Mapping[str, Any] | None = None
    container: Mapping[str, Any] | None = None
    compose: str | None = None
    kubernetes: str | None = None
    pod: str | None = None
    service: Mapping[str, Any] | None = None
    marathon: str | None = None
    marathon_pod: str | None = None
    titus: str | None = None
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    makes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    found: Mapping[str, Outcome] = field(default_factory=dict)
    not_found_in: tuple[str, ...] = ()
    follows: Mapping[str, Any] = field(default_factory=dict)


def parameters(*flags: str) -> str:
    """Lines of an app of Marathon that pass `flag=value` on to `docker run`."""
    pairs = [dict(zip(("key", "value"), flag.split("=", 1), strict=True)) for flag in flags]
    return f"container: {json.dumps({'docker': {'parameters': pairs}})}"


__all__ = ["BAD", "GAP", "GOOD", "NOT_HERE", "Case", "parameters"]
