"""Titus, Netflix's orchestrator: job descriptors of API v3 as JSON.

Source: Netflix/titus-api-definitions, `titus_job_api.proto`; what attributes do: Netflix/titus-control-plane,
`JobAttributes`, and titus-executor, `capabilities_linux.go`.

`job` reads what `is_titus` has recognised; it is not imported here, for most files hold none.
"""

from .recognising import is_titus

__all__ = ["is_titus"]
