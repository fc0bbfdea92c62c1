"""HEIF files, as iPhones write them: Pillow reads them with another package."""

from importlib.util import find_spec

BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
REMEDY = "a HEIC or HEIF file: `pip install pillow-heif` to have it read, or convert it to JPEG"

DAMAGED = "a HEIC or HEIF file that pillow-heif does not read: damaged? If not, convert it to JPEG"


def is_heif(data: bytes) -> bool:
    """Return whether a file is HEIF by its first bytes, whatever its name is."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


def register() -> None:
    """Teach Pillow the format, where the package is installed; imported only for such a file."""
    if installed():
        import pillow_heif  # noqa: PLC0415

        pillow_heif.register_heif_opener()


def why() -> str:
    """Return why a file of the format is not read."""
    return DAMAGED if installed() else REMEDY


def installed() -> bool:
    """Return whether the package is there."""
    return find_spec("pillow_heif") is not None
