"""Augmentation on the device: one family of transforms a module."""
