"""From nothing to an engine: Engine, Compose and Buildx from the distribution's packages, where there is none yet."""
