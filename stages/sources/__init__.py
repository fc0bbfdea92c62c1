"""Where images come from, one module per way; what only the download stage needs."""
