"""The page for a person: its parts, and how they come together."""
