"""What a change may not do to the policy that judges it."""
