"""What a client sends to make a container. Source: Engine API v1.24 to v1.45, `POST /containers/create`."""

from .request import CreateRequest, read_create_request
from .unit import unit_of

__all__ = ["CreateRequest", "read_create_request", "unit_of"]
