"""Names of images. Source: github.com/distribution/reference, "splitDockerDomain"."""

from __future__ import annotations


def names_registry(repository: str) -> bool:
    """Is the first part of `registry:5000/shop` a registry? `team/shop` is one of Docker Hub's own."""
    first, slash, _ = repository.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")
