"""Helpers of relock: the code that a stage ran with, and whether today's says the same."""
