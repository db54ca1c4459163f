"""Controls on images."""
