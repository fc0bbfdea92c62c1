"""The parts of `make bench`: running them, storing their figures, rendering docs/measured.md."""
