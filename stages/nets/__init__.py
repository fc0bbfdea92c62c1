"""Network architectures: one family per file."""
