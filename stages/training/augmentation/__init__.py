"""Augmentation: a family of transforms a file."""
