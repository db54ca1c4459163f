"""Kubernetes objects that hold pods: Pod, the workload controllers, templates and lists of them.

Source: the Kubernetes API reference, core/v1 PodSpec.
"""

from .objects import is_kubernetes, read_kubernetes

__all__ = ["is_kubernetes", "read_kubernetes"]
