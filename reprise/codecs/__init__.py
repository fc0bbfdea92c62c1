"""Image formats beyond what Pillow decodes right: depth, transparency, files cut short."""
