"""Experiments of DVC that run beside the workspace, in clones of it."""
