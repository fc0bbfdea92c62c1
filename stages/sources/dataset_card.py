"""The front matter of a data set's README on the hub: its subsets and its classes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

NULL = {"", "~", "null", "Null", "NULL"}  # what YAML has for nothing
MERGE = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}


def parse(block: str) -> Mapping[str, Any]:
    """Return what YAML says, every value as the text that stands there: no is a name, not False.

    Raises:
        TypeError: it is no mapping.
        yaml.YAMLError: it is no YAML.
    """
    import yaml  # noqa: PLC0415  # of the extra `hub`

    loader = yaml.SafeLoader(block)
    loader.yaml_implicit_resolvers = MERGE  # the only values that are not what they seem
    found = loader.get_single_data() or {}
    if not isinstance(found, dict):
        raise TypeError("is no mapping")
    return found


def given(item: Mapping[str, Any], key: str) -> object | None:
    """Return a value, None where there is none or it is YAML's null."""
    value = item.get(key)
    return None if isinstance(value, str) and value in NULL else value


def class_features(card: Mapping[str, Any], subset: str | None) -> dict[str, Any]:
    """Return what `dataset_info` of the front matter says of the columns, as a schema says it.

    Of several subsets it is that of `subset`, else the only one.
    """
    infos = mappings(card.get("dataset_info"))
    own = [info for info in infos if subset and info.get("config_name") == subset]
    if len(own or infos) != 1:
        return {}
    described = {
        str(column.get("name")): _feature(column.get("dtype"))
        for column in mappings((own or infos)[0].get("features"))
    }
    return {name: feature for name, feature in described.items() if feature}


def _feature(kind: object) -> dict[str, Any]:
    """Return the feature of a column; none where nothing need be known of it."""
    if kind == "image":
        return {"_type": "Image"}
    about = kind.get("class_label") if isinstance(kind, dict) else None
    names = about.get("names") if isinstance(about, dict) else None
    if isinstance(names, dict):  # {"0": "cat"}
        names = {str(number): name for number, name in names.items()}
    return {"_type": "ClassLabel", "names": names} if names else {}


def mappings(said: object) -> Sequence[Mapping[str, Any]]:
    """Return what may be one mapping or a list of them."""
    return [item for item in (said if isinstance(said, list) else [said]) if isinstance(item, dict)]
