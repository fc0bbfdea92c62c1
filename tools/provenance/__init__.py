"""Where results came from, and whether they come out the same again."""
