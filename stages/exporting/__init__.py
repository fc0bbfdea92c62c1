"""One module per exported format; what only the export stage needs."""
