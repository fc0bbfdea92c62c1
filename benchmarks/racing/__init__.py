"""Trainings that take turns: the stage's loop, the usual one, and those of other packages."""
