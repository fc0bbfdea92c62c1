"""Trackers of experiments, and the signal for editors: told of a training while it runs."""
