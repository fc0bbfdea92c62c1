"""Show the downloads of huggingface_hub on one progress bar, instead of one a file."""

from typing import Self

from stages.progress import Progress


class Meter:
    """Count the bytes of one file after the other."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._done = progress, 0

    def advance(self, count: int) -> None:
        """Count bytes that came."""
        self._done += count
        self._progress.advance(count)

    def finish(self, size: int) -> None:
        """Count what is left of a file of `size` bytes: what the cache had."""
        self.advance(size - self._done)
        self._done = 0

    def bar(self) -> type:
        """Return the class that the library takes as `tqdm_class`."""
        return type("Bar", (_Bar,), {"meter": self})


class _Bar:
    """A progress bar with those methods of tqdm that huggingface_hub calls."""

    meter: Meter

    def __init__(self, *_: object, initial: int = 0, **_options: object) -> None:
        self.meter.advance(initial)

    def update(self, count: float | None = 1) -> None:
        self.meter.advance(int(count or 0))

    def update_transfer(self, _: float | None = 1) -> None:
        """Ignore what is counted once more, packed."""

    def set_postfix_str(self, *_: object, **_options: object) -> None:
        """Ignore a rate: ours is that of all files."""

    set_transfer_postfix_str = set_postfix_str

    def close(self) -> None:
        """Stay open for the next file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let errors through."""
