"""New containers of a service, made by Compose beside those that there are."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection

from ...errors import EngineError, Occupied
from ...interruption import to_its_end
from ...model.rollout import Desired
from ..compose_command import ComposeCommand
from ..desired import off_edge
from .containers import Containers
from .step_failed import StepFailed


@contextlib.asynccontextmanager
async def created(
    compose: ComposeCommand, containers: Containers, desired: Desired, service: str, count: int
) -> AsyncIterator[list[str]]:
    """Their ids; they are not started, and removed again where what follows does not succeed.

    Raises StepFailed, and EngineError in Compose's words; Occupied: then they are left to who took over.
    """
    before = await containers.of(service)
    new: list[str] = []
    try:
        await compose.create(off_edge(desired.spec, desired.routed), service, len(before) + count)
        new += [each for each in await containers.of(service) if each not in before]
        if len(new) != count:
            raise StepFailed(service, f"Compose made {len(new)} containers of {service}, not {count}")
        yield new
    except Occupied:
        raise
    except BaseException:
        await containers.ours.before_cleaning_up()
        await to_its_end(_remove_what_is_new(containers, service, before))
        raise


async def _remove_what_is_new(containers: Containers, service: str, before: Collection[str]) -> None:
    with contextlib.suppress(EngineError):  # what is said is why it came to this; the next run clears up
        new = [each for each in await containers.of(service) if each not in before]
        await containers.stop(new)
        await containers.remove(new)
