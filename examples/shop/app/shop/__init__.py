"""A small shop: its customers place orders, and a worker packs them."""
