"""Numbers as words of a page."""


def percent(share: float) -> str:
    """Return a share as `98.5 %`; what is nearly all is `> 99.9 %`, and nearly none `< 0.1 %`."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 image`, `1,200 images`."""
    return f"{number:,} {one if number == 1 else many}"
