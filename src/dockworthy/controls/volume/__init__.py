"""Controls on volumes."""
