"""Helpers of repeat and folds: experiments beside the workspace, and what they say together."""
