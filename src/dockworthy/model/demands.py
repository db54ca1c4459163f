"""The demands of running Docker in production: the verdict is grouped by them, controls refer to their ids."""

from __future__ import annotations

from typing import Final

DEMANDS: Final[dict[str, str]] = {
    "1.intent": "What will run here is stated",
    "1.monitor": "Containers are monitored",
    "1.deploy": "How things are deployed is defined and automatic",
    "1.backup": "Precious data is known, backed up and restorable",
    "1.update": "Updates are defined and automatic",
    "1.reach": "What each container can reach is known and limited",
    "1.host-access": "Containers' access to the host is restricted",
    "1.privileges": "Privileges of each container are known and limited",
    "2.immutable": "Containers are read-only and disposable",
    "2.redeploy": "Upgrades are redeployed, never made inside a container",
    "2.policy": "A policy limits privileges and is enforced",
    "3.zero-downtime": "Deploys do not fail a request",
    "3.logs": "Container logs are rotated, gathered and kept",
    "3.registry": "The image registry is closed and proven",
    "3.rollback": "Every deploy can be rolled back",
    "3.setup": "The system is set up automatically",
    "3.least-privilege": "People and programs have the least access they need",
    "3.auto-deploy": "Deploys are automated",
    "3.db-backup": "Database backups are secure and easy to restore",
    "4.path": "The path to production fits the constraints",
    "5.engine-defaults": "The engine is tuned for production",
    "5.cleanup": "What is no longer needed is cleaned up",
    "5.storage-driver": "The storage driver is overlay2 on a fit file system",
    "5.current": "Engine, runtime and kernel are current",
    "5.pipeline": "Build, test and deploy are scripted",
    "5.security-early": "The same rules apply from the test environment on",
    "5.network": "What is exposed to the network was meant to be",
    "6.current-images": "Only current image versions run",
    "6.one-process": "One process per container",
    "6.efficient": "Limits and room left are known",
    "6.orchestrators": "The orchestrator carries the security measures",
    "7.not-blind": "Nothing is switched on blindly",
    "7.credentials": "Secrets and logins are in order",
    "7.foundation": "The foundation is stable",
}
"""Demand id -> the demand as a short statement of the good state."""
