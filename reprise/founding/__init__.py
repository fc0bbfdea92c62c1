"""A repository of one's own, made and upgraded by Git and the standard library."""
