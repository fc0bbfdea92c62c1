"""The error of pictures that cannot be decoded."""


class UndecodableError(Exception):
    """An image that cannot be decoded; the message is the reason."""
