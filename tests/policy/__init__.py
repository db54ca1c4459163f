"""Policies: what they say, and what they make of findings."""
