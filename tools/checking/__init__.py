"""Helpers of check and relock: what code a stage runs, and what DVC says of it."""
