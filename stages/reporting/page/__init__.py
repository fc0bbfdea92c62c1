"""One page for a person: its content, its charts, and its templates."""
