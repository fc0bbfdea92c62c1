"""Helpers of experiments: what differs between them, and a table that fits a terminal."""
