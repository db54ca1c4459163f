"""Kubernetes objects: those that hold pods, and those beside them that give rights, let in or hold back.

Source: the Kubernetes API reference, core/v1 PodSpec.
"""

from .joining import joined, together
from .objects import is_kubernetes, read_kubernetes, read_manifests

__all__ = ["is_kubernetes", "joined", "read_kubernetes", "read_manifests", "together"]
