"""Controls on the engine and its settings."""
