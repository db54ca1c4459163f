"""From findings to the answer, and why. Pure functions of findings."""
