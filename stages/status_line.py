"""A line that says how far a piece of work is: it fits its terminal, and no value is cut."""

from math import log10
from typing import NamedTuple
from unicodedata import combining, east_asian_width

BAR = range(6, 31)  # columns that a bar may have
SLOWEST = 1e-4  # units a second: of less, no time is told
PREFIXES = "kMGTPE"  # of bytes


class Standing(NamedTuple):
    """How far a piece of work is."""

    what: str  # it is, as `decode`
    unit: str = ""  # `images`, or `B`
    done: int = 0
    total: int | None = None
    seconds: float = 0.0  # since it began
    rate: float = 0.0  # units a second of late; of all of them at the end
    heading: str = ""  # instead of the count, as `epoch 2 of 20`
    figures: tuple[str, ...] = ()  # the latest, the most important first
    extra: str = ""  # where there is room for it
    ended: bool = False


def parts(standing: Standing) -> list[str]:
    """Return all that there is to say, the most important first."""
    said = [standing.heading or f"{standing.what}{counted(standing)}", *standing.figures]
    if standing.rate and standing.unit:
        said.append(f"{_rate(standing.rate, standing.unit)}/s")
    if standing.ended:
        said.append(f"in {duration(standing.seconds)}")
    elif standing.rate > SLOWEST and standing.done < (standing.total or 0):
        said.append(f"{duration(((standing.total or 0) - standing.done) / standing.rate)} left")
    return [*said, standing.extra] if standing.extra else said


def in_log(standing: Standing) -> str:
    """Return the line of a log, however long."""
    before = f"{standing.what}: " if standing.heading else ""
    return before + ", ".join(parts(standing))


def in_terminal(standing: Standing, width: int, ink: str = "█") -> str:
    """Return a line of at most so many columns: the first parts that fit, and a bar of the rest.

    No bar takes the place of a part that does not fit.
    """
    first, *rest = parts(standing._replace(extra=""))
    if columns(first) > width:
        return _shortened(standing, width)
    shown = list[str]()
    for part in rest:
        if columns(", ".join([first, *shown, part])) > width:
            return ", ".join([first, *shown])
        shown.append(part)
    room = width - columns(", ".join([first, *shown]))
    if standing.extra and room >= columns(standing.extra) + BAR[0] + len(" ||, "):
        shown.append(standing.extra)
        room -= columns(standing.extra) + len(", ")
    room = min(room - len(" ||"), BAR[-1])
    if standing.ended or not standing.total or room < BAR[0]:
        return ", ".join([first, *shown])
    full = room * min(standing.done, standing.total) // standing.total
    return f"{first} |{ink * full:{room}}| {', '.join(shown)}".rstrip()


def _shortened(standing: Standing, width: int) -> str:
    """Return the beginning of a name, which may be that of a file, with the count behind it."""
    room = width - columns(counted(standing)) - len("...")
    if standing.heading or room <= 0:
        return ""
    return f"{_start(standing.what, room)}...{counted(standing)}"


def counted(standing: Standing) -> str:
    """Return how much is done, behind a space: ` 1,024 of 1,797 images`."""
    if not standing.unit or standing.heading:
        return ""
    total = "" if standing.total is None else f" of {amount(standing.total, standing.unit)}"
    return f" {amount(standing.done, standing.unit)}{total}" + _word(standing.unit)


def amount(count: int, unit: str) -> str:
    """Return a number of units; of bytes with their unit, as `1.25 GB`."""
    return _bytes(count) if unit == "B" else f"{count:,}"


def duration(seconds: float) -> str:
    """Return minutes and seconds, and hours where there are any: `0:07`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def figure(value: float) -> str:
    """Return a number of 4 decimals; one that is tiny or huge with 3 digits and an exponent."""
    return f"{value:.4f}" if not value or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(map(bool, map(combining, text)))


def _rate(rate: float, unit: str) -> str:
    if unit == "B":
        return _bytes(rate)
    return (f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}") + _word(unit)


def _word(unit: str) -> str:
    return "" if unit == "B" else f" {unit}"


def _bytes(count: float) -> str:
    if count < 1000:
        return f"{count:.0f} B"
    power = min(len(PREFIXES), int(log10(count) / 3))
    return f"{count / 1000**power:.3g} {PREFIXES[power - 1]}B"


def _start(text: str, room: int) -> str:
    """Return as much of a text as has room."""
    while columns(text) > room:
        text = text[:-1]
    return text
