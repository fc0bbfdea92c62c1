from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML

from stages.errors import UserError
from tools.publishing import privacy, yaml_values

SPACED = "/mnt/anna's own disk/" + "photographs of ants and bees " * 6 + "größe\\n/a photo"
SHOWN = "***/a photo"
HIDDEN = privacy.private({"download": {"path": SPACED}}, None)


def published(text: str, hidden: dict[str, str] = HIDDEN) -> str:
    return yaml_values.cleaned("dvc.lock", text.encode(), hidden).decode()


def parsed(text: str) -> Any:  # noqa: ANN401
    return YAML(typ="safe", pure=True).load(text)


def by_dvc(value: object) -> str:
    stream = StringIO()
    YAML().dump(value, stream)  # as DVC writes dvc.lock
    return stream.getvalue()


def block(value: dict[str, str]) -> str:
    return "".join(
        f"{key}: >-\n  {text.replace(' ', chr(10) + '  ')}\n" for key, text in value.items()
    )


WRITERS = {
    "dvc": by_dvc,
    "double": lambda value: yaml.dump(value, default_style='"', width=40),
    "single": lambda value: yaml.dump(value, default_style="'", width=40, allow_unicode=True),
    "plain": lambda value: yaml.dump(value, width=40),
    "block": block,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_path_is_hidden_however_it_is_written(writer: str) -> None:
    value = {"path": SPACED, "file": f"{SPACED}/1.jpg", "other": "data/source"}
    text = WRITERS[writer](value)
    assert SPACED not in text  # it is folded
    found = published(text)
    assert parsed(found) == {"path": SHOWN, "file": f"{SHOWN}/1.jpg", "other": "data/source"}
    assert "disk" not in found
    assert published(found) == found


@pytest.mark.parametrize("name", ["params.yaml", "dvc.lock"])
@pytest.mark.parametrize("machine", ["train", "stages"])
def test_files_with_nothing_private_stay_to_the_byte(
    name: str, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: machine)
    content = Path(name).read_bytes()
    assert yaml_values.cleaned(name, content, HIDDEN | {"/data": "***/data"}) == content


def test_all_but_what_is_private_stays() -> None:
    text = (
        "# of /mnt/x, s3://me:pass@bucket/y?z\r\n"
        "download:  # x\r\n"
        "  path:   &p  /mnt/x/photos   # was /mnt/x\r\n"
        "  address: null\r\n"
        "  again: [*p, 'it''s', !!str /mnt/x, 1e-3]\r\n"
        "  /mnt/x: {a: 'ssh://anna:pass@host/x'}\r\n"
    )
    found = published(text, {"/mnt/x": "***/x"})
    assert found == (
        "# of ***/x, s3://bucket/y\r\n"
        "download:  # x\r\n"
        '  path:   &p  "***/x/photos"   # was ***/x\r\n'
        "  address: null\r\n"
        "  again: [*p, 'it''s', !!str \"***/x\", 1e-3]\r\n"
        '  "***/x": {a: "ssh://host/x"}\r\n'
    )
    section = parsed(found)["download"]
    assert section["again"] == ["***/x/photos", "it's", "***/x", 0.001]


@pytest.mark.parametrize("mark", ["|", "|-", ">", ">-", "|+"])
def test_blocks_end_where_they_ended(mark: str) -> None:
    text = f"a:\n  b: {mark} # of /mnt/x\n    in /mnt/x\n    é\u2028\n\n  c: 1\n"
    found = published(text, {"/mnt/x": "***/x"})
    wanted = parsed(text)["a"]["b"].replace("/mnt/x", "***/x")
    assert parsed(found) == {"a": {"b": wanted, "c": 1}}
    assert "/mnt" not in found


def test_a_comment_in_the_head_of_a_block_is_cleaned() -> None:
    found = published("a: | # of /mnt/x\n  text\nb: 1\n", {"/mnt/x": "***"})
    assert parsed(found) == {"a": "text\n", "b": 1}
    assert "/mnt" not in found


def test_the_name_of_the_machine_is_hidden_in_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "train")
    text = "train:\n  address: ssh://train/x\n  cmd: python -m stages.train\n"
    assert parsed(published(text)) == {
        "train": {"address": "ssh://***/x", "cmd": "python -m stages.train"}
    }


def test_what_stays_private_is_refused() -> None:
    with pytest.raises(UserError, match=r"dvc.lock: holds a path, a token or an address") as error:
        published("a: /mnt/x\n", {"/mnt/x": "see /mnt/x"})
    assert "/mnt/x" not in str(error.value)


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(UserError, match=r"dvc.lock: is not valid YAML; mend it by hand"):
        published("a: 'b\n")
