"""Real engines, images and containers for the tests: made by name, and removed again whatever happens."""
