"""Decoding, resizing and splitting; what only the preprocess stage needs."""
