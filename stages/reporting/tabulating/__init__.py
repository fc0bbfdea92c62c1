"""The tables behind the scores."""
