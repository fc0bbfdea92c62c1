"""The page to try a model: beside a server, or as a folder that needs none."""
