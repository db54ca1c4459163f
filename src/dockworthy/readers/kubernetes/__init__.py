"""Kubernetes objects: those that hold pods, and those beside them that give rights, let in or hold back.

Source: the Kubernetes API reference, core/v1 PodSpec.

`objects` reads what `is_kubernetes` has recognised, `joining` brings several files together; they are not imported
here, for many files are something else.
"""

from .recognising import is_kubernetes

__all__ = ["is_kubernetes"]
