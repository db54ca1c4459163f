"""A service of a swarm, as `GET /services` describes it. Source: Engine API v1.45, Service."""

from .declared import read_service

__all__ = ["read_service"]
