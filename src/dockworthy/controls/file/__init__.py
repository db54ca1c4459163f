"""Controls on files as such: what must not stand in any of them."""
