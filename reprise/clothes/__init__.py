"""Photographs of clothes that are drawn: images to learn with where none can be downloaded."""
