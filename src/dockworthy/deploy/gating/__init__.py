"""What the policy asks before a deploy (`policy.before_deploy`), besides the controls: signatures, tests, the host."""
