"""Tests of the host facts."""
