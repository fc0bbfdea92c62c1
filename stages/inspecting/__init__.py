"""Findings about the data: label errors, near-duplicates, outliers, odd images."""
