"""Find the files that a table names."""

from collections import defaultdict
from operator import attrgetter
from pathlib import Path


class Nearby:
    """The files of a folder, by their path from there or, if it is of one alone, by its end.

    The suffix may be left out. As the pipeline finds them (`stages/sources/lookup`), which knows
    other spellings, too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._known = folder, dict[str, list[Path]]()

    def find(self, said: str) -> Path:
        """Return a file; what is not found stays as it is said, and fails when it is read."""
        exact = self._folder / said
        try:
            if exact.exists():
                return exact
        except (OSError, ValueError):  # the name is too long, or no name
            return exact
        end = Path(said).as_posix()
        if not self._known:
            self._known = self._walked()
        found = [path for path in self._known.get(Path(said).name, []) if _ends(path, end)]
        return found[0] if len(found) == 1 else exact

    def _walked(self) -> dict[str, list[Path]]:
        found = defaultdict[str, list[Path]](list)
        for path in sorted(self._folder.rglob("*"), key=attrgetter("parts")):
            for name in {path.name, path.stem}:
                found[name].append(path)
        return dict(found)


def _ends(path: Path, end: str) -> bool:
    return any(f"/{one.as_posix()}".endswith(f"/{end}") for one in (path, path.with_suffix("")))
