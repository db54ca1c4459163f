"""Watches a release: probes through the edge, the edge's counts, the engine's restarts and health; and judges."""
