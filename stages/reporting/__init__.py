"""The evaluate stage: scores, tables, galleries, and the page."""
