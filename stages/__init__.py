"""The pipeline: five scripts, and the modules they share. README.md has the map."""
