"""A search for good parameters: ranges, the study, its trials, and what they say together."""
