"""A container of an engine, as `GET /containers/{id}/json` describes it. Source: Engine API v1.45, ContainerInspect."""
