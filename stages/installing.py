"""How to install what only some need: the extras of pyproject.toml."""

from importlib.util import find_spec

from stages.errors import UserError


def remedy(extra: str) -> str:
    """Return what installs an extra, as the end of a message."""
    return (
        f"`make install EXTRAS={extra}`, or `pip install -c constraints.txt -e '.[{extra}]'`, "
        "installs it"
    )


def require(package: str, extra: str, asked: str) -> None:
    """Refuse what needs a package that is not installed; `asked` is the command or the parameter.

    Raises:
        UserError: it is not installed.
    """
    found = find_spec(package)
    # A folder of the name, as wandb makes one, would pass for a package.
    if found is None or found.origin is None:
        raise UserError(f"{asked} needs the package {package}; {remedy(extra)}")
