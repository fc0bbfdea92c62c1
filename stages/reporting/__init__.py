"""Scores and tables; what only the evaluate stage needs."""
