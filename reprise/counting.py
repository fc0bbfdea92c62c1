"""Numbers of things in words: 1 picture, 2 pictures."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, in the plural but for 1; by default that has an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
