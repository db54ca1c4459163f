"""Controls on units and their containers, on every platform."""
