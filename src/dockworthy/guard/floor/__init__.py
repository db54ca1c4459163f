"""Rules on requests that no control speaks of, because only the engine's API can say such things."""
