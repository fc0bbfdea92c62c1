"""Source `folder`: the class of an image is the name of the folder that it is in.

    [wrapper/ ...] [train/ | val/ | test/] <class>/ [any/ ...] <image>

Where the class folders are, `classfolders` finds out. What lies deeper in a class folder belongs
to that class. Every file in it counts as an image: whether it is one, preprocess finds out.
"""

from pathlib import PurePosixPath

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import classfolders
from stages.sources.classfolders import LAYOUT
from stages.sources.labelled import Labelled, assemble
from stages.sources.reports import complain, shown
from stages.sources.store import Store

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.zst")
OUTSIDE = "outside a class folder"


def load(store: Store) -> Raw:
    """Return the images, in the splits that the folders name.

    Raises:
        UserError: the layout is another one, is ambiguous, or a class folder holds no image.
    """
    homes = classfolders.find(store)
    found, outside, empty = list[Labelled](), list[str](), set(homes)
    for name in store.names():
        above = [str(folder) for folder in PurePosixPath(name).parents]
        home = next((folder for folder in above if folder in homes), None)
        if home is None:
            outside.append(name)
        else:
            empty.discard(home)
            found.append(Labelled(name, PurePosixPath(home).name, homes[home]))
    if not found:
        packed = [name for name in store.names() if name.lower().endswith(ARCHIVES)]
        remedy = f"; set download.path to {shown(f'{store.place}/{packed[0]}')}" if packed else ""
        raise UserError(
            f"{store.place}: holds no image in a class folder; {LAYOUT}. An archive is read where "
            f"download.path in params.yaml names it{remedy}"
        )
    complain(f"{store.place}: class folders without an image; fill or remove:", sorted(empty))
    return assemble(store, found, {OUTSIDE: outside})
