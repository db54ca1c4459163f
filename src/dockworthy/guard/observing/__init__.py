"""Looks on while people work, in nobody's way, and drafts the policy under which the same work passes."""
