"""What a client sends to make a container. Source: Engine API v1.24 to v1.45, `POST /containers/create`."""

from .request import CreateRequest, read_create_document, read_create_request, read_document
from .unit import unit_of

__all__ = ["CreateRequest", "read_create_document", "read_create_request", "read_document", "unit_of"]
