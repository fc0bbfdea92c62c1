"""Helpers of publish: what is up to date, the card's front matter, what is private, the sending."""
