"""Helpers of publish: what is up to date, front matter, what is private, also in YAML, sending."""
