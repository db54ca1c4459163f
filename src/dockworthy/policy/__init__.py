"""The policy: what a team accepts, for how long, and why. Pure functions of findings and of dockworthy.yaml."""
