"""The edges of the graph: one module per file that one stage writes and another reads."""
