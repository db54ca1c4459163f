"""Which data a command of `dockworthy backup` means: this folder's project, or the whole engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...errors import UnreadableInput, UsageError
from ..deploying import project_name

if TYPE_CHECKING:
    from pathlib import Path

    from ...deploy.options import DeployOptions
    from ...engine.site import Site
    from ...model.drill_proof import DrillProof

whole_engine = click.option(
    "--all", "everything", is_flag=True, help="All projects of the engine, and what is of no project."
)


def scope_of(asked: DeployOptions, *, everything: bool) -> str:
    """The project's name, or "" for the whole engine. Raises UsageError where there is no project here."""
    import asyncio

    if everything:
        return ""
    try:
        return asyncio.run(project_name(asked))
    except UnreadableInput:
        raise
    except UsageError as error:
        raise UsageError(error.says, hint=f"{error.hint}; or take the whole engine: --all") from None


async def named_files(asked: DeployOptions) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The files that the project's Compose files name for secrets and configs, and dockworthy.yaml for certificates;
    and the paths that its containers may only read. Raises what reading them raises."""
    from pathlib import Path

    from ...deploy.compose_command import ComposeCommand
    from ...deploy.rendering import compose_files
    from ...model.compose_project import FILE_PARTS
    from ...model.deploy_settings import Edge

    compose = ComposeCommand("", str(asked.folder))
    config = await compose.config(compose_files(asked.folder, asked.settings), asked.settings.project)
    files = [Path(each.file) for part in FILE_PARTS for each in config.files(part).values() if each.file]
    if isinstance(edge := asked.settings.edge, Edge):
        certificates = [name for each in edge.certificates.values() for name in (each.certificate, each.key)]
        files += [asked.folder / name for name in certificates]
    mounts = (mount for service in config.services.values() for mount in service.mounts)
    return tuple(files), tuple(Path(each.source) for each in mounts if each.type == "bind" and each.read_only)


async def named_images(site: Site, asked: DeployOptions) -> dict[str, str]:
    """Service -> its image, as the project's Compose files name it, and as the release in force has it: also of
    services that have no container, as jobs. Raises what reading them raises."""
    from ...deploy.compose_command import ComposeCommand
    from ...deploy.release_history import in_force
    from ...deploy.rendering import compose_files
    from ...deploy.store import FileStore

    compose = ComposeCommand("", str(asked.folder))
    config = await compose.config(compose_files(asked.folder, asked.settings), asked.settings.project)
    found = {name: each.image or f"{config.name}-{name}" for name, each in config.services.items()}
    last = in_force(await FileStore(site, config.name).releases(skip_damaged=True))
    return found | ({name: each.image for name, each in last.services.items()} if last is not None else {})


async def restores_of(site: Site, scope: str) -> list[DrillProof]:
    """The proofs of restores of the project that the ledger keeps, newest first. Raises HostError, EngineError."""
    from ...drills.ledger import ledger_of

    proofs = await (await ledger_of(site)).proofs()
    subject = f"project/{scope}"
    return [each for each in proofs if (each.drill, each.subject, each.claim) == ("restore", subject, "1.backup")]


async def proven_at(site: Site, scope: str) -> dict[str, str]:
    """Id of each backup that a drill restored -> when."""
    return {each.restored: each.at for each in await restores_of(site, scope) if each.passed}
