"""What is precious, copied and brought back."""
