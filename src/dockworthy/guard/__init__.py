"""The third gate: every request to the engine's API is judged by the controls and the policy that judge files."""
