"""From what is seen and what is wanted to a plan: pure functions."""
