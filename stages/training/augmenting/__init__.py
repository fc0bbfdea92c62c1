"""One family of augmentations a file: its parameters, its draws, and what it does to a batch."""
