"""The flags of `docker run` and `docker create`. Source: `docker run --help`, Docker CLI 26.1."""

from .unit import read_docker_run

__all__ = ["read_docker_run"]
