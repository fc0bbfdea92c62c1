"""Source `folder`: a folder for every class, in a folder for every split or in none."""

from collections import defaultdict
from pathlib import PurePosixPath

from stages.artifacts.raw import Raw
from stages.errors import UserError
from stages.sources import split_names
from stages.sources.labelled import LabelledFile, build_raw
from stages.sources.other_layouts import by_table, refuse_other_layouts
from stages.sources.reports import excerpt, raise_problems
from stages.sources.store import Store

Tree = dict[str, list[str]]  # the folders in each folder that holds some; "." is the outermost
LAYOUT = "expected are <class>/<image>, or train/<class>/<image> with val/ and test/ beside train/"


def find_class_folders(store: Store) -> dict[str, str]:
    """Return the split of every class folder.

    Raises:
        UserError: the folders of splits and those of classes cannot be told apart.
    """
    tree = _tree(store)
    folders = tree[_root(tree)]
    splits = _splits(tree, folders)
    # A class may be called test, but not all of them.
    if len(splits) == len(folders) or any(folder in tree for folder in splits):
        homes = _below(store, tree, folders)
    else:
        homes = dict.fromkeys(folders, "train")
        inner = [deeper for home in homes for deeper in tree.get(home, []) if _names_split(deeper)]
        raise_problems(f"{store.place}: split folders in class folders; {LAYOUT}:", inner)
    refuse_other_layouts(store, tree, homes)
    return homes


def _tree(store: Store) -> Tree:
    tree = defaultdict[str, list[str]](list, {".": []})
    for folder in sorted(store.folders):
        tree[str(PurePosixPath(folder).parent)].append(folder)
    return dict(tree)


def _root(tree: Tree) -> str:
    """Return the folder of the splits or classes, below folders that stand alone."""
    top = "."
    while len(tree[top]) == 1 and (alone := tree[top][0]) in tree:
        # A wrapper may be called test: then its folders are the splits.
        if _splits(tree, [alone]) and len({*_splits(tree, tree[alone]).values()}) < 2:
            break
        top = alone
    return top


def _splits(tree: Tree, folders: list[str]) -> dict[str, str]:
    """Return those of the folders, which lie side by side, that are splits."""
    names = {PurePosixPath(folder).name: folder for folder in folders}
    found = {names[name]: split for name, split in split_names.split_folders(names).items()}
    # Of a folder that stands alone around others, a word for a split is enough.
    if len(folders) == 1 and folders[0] in tree and (split := split_names.parse(*names).split):
        return {folders[0]: split}
    return found


def _names_split(folder: str) -> bool:
    return bool(split_names.exact_split(PurePosixPath(folder).name))


def _below(store: Store, tree: Tree, folders: list[str]) -> dict[str, str]:
    """Return the split of every class folder below the splits; refuse folders beside these."""
    splits = _splits(tree, folders)
    others = [folder for folder in folders if folder not in splits]
    raise_problems(f"{store.place}: folders beside split folders; move them away:", others)
    by_split = defaultdict[str, list[str]](list)
    for folder, split in splits.items():
        by_split[split].append(folder)
    twice = [f"{split}: {', '.join(same)}" for split, same in by_split.items() if len(same) > 1]
    raise_problems(f"{store.place}: two folders for one split; merge or rename them:", twice)
    bare = [folder for folder in folders if folder not in tree]
    heading = f"{store.place}: split folders without class folders; {LAYOUT}{by_table(store)}:"
    raise_problems(heading, bare)
    homes = {folder: tree[_inner(tree, folder, {*splits})] for folder in folders}
    # `asl_test/asl_test/1.jpg`: the split twice, and no class.
    again = [
        home for folder, (home, *more) in homes.items() if not more and _same_name(home, folder)
    ]
    raise_problems(heading, again)
    return {home: splits[folder] for folder in folders for home in homes[folder]}


def _same_name(one: str, other: str) -> bool:
    return PurePosixPath(one).name.casefold() == PurePosixPath(other).name.casefold()


def _inner(tree: Tree, folder: str, splits: set[str]) -> str:
    """Return the folder of the classes of a split: `training_set/training_set`, `train/images`."""
    names = {PurePosixPath(deeper).name for split in splits for deeper in tree[split]}
    alike = len(names) == 1 and len(splits) > 1  # all of them hold one folder of the same name
    while len(tree[folder]) == 1 and (alone := tree[folder][0]) in tree:
        said = split_names.parse(PurePosixPath(alone).name)
        own = split_names.parse(PurePosixPath(folder).name)
        if not (alike or (said.splits <= own.splits and said.other_words in {(), own.other_words})):
            break
        folder = alone
    return folder


ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.zst")
OUTSIDE = "outside a class folder"


def load(store: Store) -> Raw:
    """Return the images, in the splits that the folders name.

    Raises:
        UserError: the layout is another one, is ambiguous, or a class folder holds no image.
    """
    return build_raw(store, *find(store))


def find(store: Store) -> tuple[list[LabelledFile], dict[str, list[str]]]:
    """Return the images, and what is passed over.

    Raises:
        UserError: as `load`.
    """
    homes = find_class_folders(store)
    found, outside, empty = list[LabelledFile](), list[str](), set(homes)
    for name in store.names():
        above = [str(folder) for folder in PurePosixPath(name).parents]
        home = next((folder for folder in above if folder in homes), None)
        if home is None:
            outside.append(name)
        else:
            empty.discard(home)
            found.append(LabelledFile(name, PurePosixPath(home).name, homes[home]))
    if not found:
        packed = [name for name in store.names() if name.lower().endswith(ARCHIVES)]
        remedy = f"; set download.path to {excerpt(f'{store.place}/{packed[0]}')}" if packed else ""
        raise UserError(
            f"{store.place}: holds no image in a class folder; {LAYOUT}; where names tell the "
            "class, set download.label_pattern. An archive is read where download.path in "
            f"params.yaml names it{remedy}"
        )
    raise_problems(f"{store.place}: class folders without an image; fill or remove:", sorted(empty))
    return found, {OUTSIDE: outside}
