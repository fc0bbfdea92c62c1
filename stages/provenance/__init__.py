"""Where results came from: which versions made them, and whether they come out the same again."""
