"""`deploy:` as it counts in one environment. Pure."""

from __future__ import annotations

from msgspec import structs

from ..errors import UsageError
from ..model.deploy_settings import DeploySettings


def settings_in(settings: DeploySettings, environment: str | None) -> DeploySettings:
    """With what the environment says otherwise. Raises UsageError for one that is not there."""
    if environment is None:
        return settings
    other = settings.environments.get(environment)
    if other is None:
        known = ", ".join(sorted(settings.environments)) or "none"
        raise UsageError(f"there is no environment {environment!r}", hint=f"deploy.environments has: {known}")
    said = {name: value for name in other.__struct_fields__ if (value := getattr(other, name)) is not None}
    return structs.replace(settings, **said)
