"""How `make bench` carries out its parts, keeps what they measured, and tells it."""
