"""The room that makes host and engine fit: plan -> apply -> measure again -> keep or take back."""
