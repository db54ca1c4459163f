"""Controls on the machine under the engine."""
