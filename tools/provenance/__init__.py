"""Helpers of verify and verify_cache: dvc.lock, DVC's cache, a clone, and what differs."""
