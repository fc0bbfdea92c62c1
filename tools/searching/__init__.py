"""Helpers of search: the trials of a study, and what is told of them."""
