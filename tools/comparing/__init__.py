"""Helpers of compare: the paired test, and its report."""
