"""`reprise new` and `reprise upgrade`: a repository of one's own, by Git and the standard library."""
