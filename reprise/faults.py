"""Why a picture cannot be taken."""


class UndecodableError(Exception):
    """An image that cannot be decoded; the message is the reason."""
