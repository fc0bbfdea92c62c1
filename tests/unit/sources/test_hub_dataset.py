"""Data sets from a hub on this machine, that speaks as the Hugging Face hub does."""

import io
import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import hubs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hubs import COMMIT, Hub
from huggingface_hub import constants
from packing import params, plant, seen
from servers import free_port

from stages import download as stage
from stages.artifacts import raw
from stages.download import download
from stages.errors import UserError

NAME = "ants/bees"
OTHER = "f" * 40
IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def shard(first: int = 0, *, names: tuple[str, ...] | None = ("ant", "bee")) -> bytes:
    """Return a Parquet file of two images, as `datasets` writes it."""
    images = [{"bytes": b"%d" % (first + n), "path": f"{first + n}.png"} for n in range(2)]
    table = pa.table({"image": pa.array(images, IMAGE), "label": [0, 1]})
    label = {"_type": "ClassLabel", "names": list(names or ())}
    features = {"image": {"_type": "Image"}, "label": label}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(told if names else None), file)
    return file.getvalue()


FILES = {
    "README.md": b"# Ants and bees\n",
    "data/train-00000-of-00002.parquet": shard(0),
    "data/train-00001-of-00002.parquet": shard(2),
    "data/validation-00000-of-00001.parquet": shard(4),
    "data/test-00000-of-00001.parquet": shard(6),
}


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    hubs.hurry(monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with hubs.serving() as server:
        server.publish(f"datasets/{NAME}", FILES)
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def run(**changed: object) -> None:
    asked = {"dataset": "hub", "repository": NAME, "revision": COMMIT}
    section = json.loads(params(**{**asked, **changed}).model_dump_json())
    Path("params.yaml").write_text(json.dumps({"download": section}))  # JSON is YAML
    stage.main()


def found(**changed: object) -> dict[str, dict[str, str]]:
    asked = {"dataset": "hub", "repository": NAME, "revision": COMMIT}
    with download(params(**{**asked, **changed})) as published:
        return seen(published)


def complaint(**changed: object) -> str:
    with pytest.raises(UserError) as caught:
        found(**changed)
    message = str(caught.value)
    assert "\n" not in message
    return message


def digests() -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in raw.PATH.iterdir()}


def as_published(split: str, first: int) -> dict[str, str]:
    return {f"{first + n}.png": ("ant", "bee")[n % 2] for n in range(4 if split == "train" else 2)}


WHOLE = {split: as_published(split, n) for split, n in {"train": 0, "val": 4, "test": 6}.items()}


def test_a_commit_gives_the_bytes_of_its_files_in_a_folder() -> None:
    run()
    first = digests()
    plant(Path("data/source"), FILES)
    run(dataset="parquet")
    assert digests() == first
    assert raw.read().classes == ("ant", "bee")
    assert {split: len(labels) for split, labels in raw.read().labels.items()} == {
        "train": 4,
        "val": 2,
        "test": 2,
    }


def test_splits_are_those_published() -> None:
    assert found() == WHOLE


def test_what_the_cache_has_of_a_commit_needs_no_network(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, asked = found(), len(hub.asked)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    assert found() == first
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    assert found() == first
    assert len(hub.asked) == asked


def test_half_of_a_commit_in_the_cache_is_not_taken_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found()
    next(Path("cache").glob("datasets--*/snapshots/*/data/test-*")).unlink()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    assert "cannot be fetched" in complaint()


@pytest.mark.parametrize("revision", [None, "main", COMMIT[:12], COMMIT.upper()])
def test_a_revision_that_may_change_is_refused_with_the_commit(
    revision: str | None, hub: Hub
) -> None:
    for name in (COMMIT[:12], COMMIT.upper()):
        hub.refs[f"datasets/{NAME}", name] = COMMIT
    pin = f"can change unnoticed; set download.revision to {COMMIT}"
    assert complaint(revision=revision) == f"params.yaml: download.repository: {NAME} {pin}"


def test_a_repository_must_be_named() -> None:
    assert "needs download.repository, which is null" in complaint(repository=None)
    assert "is no name of a repository; give it as owner/name" in complaint(repository="a//b")


@pytest.mark.parametrize("name", ["address", "sha256"])
def test_what_is_for_an_archive_is_refused(name: str) -> None:
    value = {"address": "https://example.com/a.zip", "sha256": "0" * 64}[name]
    assert f"download.{name} is for an archive" in complaint(**{name: value})


def test_a_revision_that_there_is_not_is_named() -> None:
    expected = f"download.repository: {NAME} has no revision {OTHER}; give a commit that it has"
    assert expected in complaint(revision=OTHER)
    assert "has no revision nightly" in complaint(revision="nightly")


@pytest.mark.parametrize(
    ("code", "error", "expected"),
    [
        (403, "GatedRepo", "is gated; ask for access on its page, then run `hf auth login`"),
        (401, "GatedRepo", "is gated; ask for access on its page, then run `hf auth login`"),
        (401, "RepoNotFound", "is not on the hub, or is private"),
        (401, "", "is denied with code 401; the token is missing or wrong: run `hf auth login`"),
        (403, "", "is denied with code 403; the token may not do this"),
        (404, "RepoNotFound", "is not on the hub, or is private"),
    ],
)
@pytest.mark.parametrize("revision", [None, COMMIT])
def test_what_the_hub_refuses_is_one_message(
    code: int, error: str, expected: str, revision: str | None, hub: Hub
) -> None:
    hub.refused[f"datasets/{NAME}"] = code, error
    assert f"params.yaml: download.repository: {NAME} {expected}" in complaint(revision=revision)


def test_a_repository_that_there_is_not_is_one_message() -> None:
    assert "ants/wasps is not on the hub, or is private" in complaint(repository="ants/wasps")


@pytest.mark.parametrize("variable", ["", "HF_HUB_OFFLINE"])
def test_without_a_network_the_way_around_is_told(
    variable: str,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if variable:
        monkeypatch.setattr(constants, variable, True)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    message = complaint()
    assert message.startswith(f"params.yaml: download.repository: {NAME} cannot be fetched (")
    fetching = f"`hf download --type dataset {NAME} --revision {COMMIT} --include '*.parquet'"
    assert f"{fetching} --local-dir data/source`" in message
    assert message.endswith("bring that folder here, and set download.dataset to parquet")
    assert capfd.readouterr().err == ""
    assert not hub.asked


def test_a_file_that_is_another_is_refused_until_it_is_right(hub: Hub) -> None:
    right = FILES["data/test-00000-of-00001.parquet"]
    wrong = right[:-9] + bytes([right[-9] ^ 1]) + right[-8:]
    hub.damaged["data/test-00000-of-00001.parquet"] = wrong
    message = complaint()
    found_, expected = (sha256(data).hexdigest() for data in (wrong, right))
    place = f"{NAME}: data/test-00000-of-00001.parquet"
    assert message.startswith(f"{place}: its sha256 is {found_}, expected {expected}; it was damag")
    hub.damaged.clear()
    assert complaint() == message  # it is in the cache
    Path(message.partition("delete ")[2].partition(",")[0]).unlink()
    assert found() == WHOLE


def test_a_file_that_was_damaged_in_the_cache_is_refused_offline_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found()
    path = next(Path("cache").glob("datasets--*/snapshots/*/data/test-*")).resolve()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[::-1])
    assert "its sha256 is" in complaint()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    assert "its sha256 is" in complaint()
    path.write_bytes(b"short")
    assert "has 5 bytes, expected" in complaint()


def test_a_small_file_has_the_checksum_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "LARGE", ())
    assert found() == WHOLE
    path = next(Path("cache").glob("datasets--*/snapshots/*/data/test-*")).resolve()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[::-1])
    assert "its git id is" in complaint()


def test_more_bytes_than_allowed_are_not_fetched(hub: Hub) -> None:
    assert f"{NAME}: has more than 1,500 bytes; raise download.max_bytes" in complaint(
        max_bytes=1500
    )
    assert not [line for line in hub.asked if ".parquet" in line]


def test_a_token_comes_from_the_hubs_own_variable(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", hubs.READER)
    assert found() == WHOLE
    assert hub.tokens == {hubs.READER}
    assert hub.tokens_elsewhere == {""}, "the token is for the hub, not for where it stores files"


def test_a_set_without_parquet_is_told_where_the_hub_has_made_some(hub: Hub) -> None:
    hub.publish(f"datasets/{NAME}", {"README.md": b"", "train/ant/1.png": b"1"})
    assert "holds no Parquet files, and the hub has not converted it" in complaint()
    converted = {f"default/{split}/0000.parquet": shard() for split in ("train", "test")}
    hub.publish(f"datasets/{NAME}", converted, OTHER, "refs/convert/parquet")
    assert f"set download.revision to {OTHER}, which is its branch" in complaint()
    assert {*found(revision=OTHER)} == {"train", "test"}


def test_a_conversion_of_a_part_is_said_to_be_one(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"default/partial-train/0000.parquet": shard()}
    hub.publish(f"datasets/{NAME}", files)
    found()
    assert "default/partial-train/0000.parquet: the hub has converted a part" in (
        capsys.readouterr().err
    )


CONFIGS = b"""---
configs:
- config_name: small
  data_files:
  - split: train
    path: data/train-00000-*
  - split: test
    path: data/test-*
- config_name: odd
  data_files:
  - split: validation
    path: [data/validation-*]
  - split: train
    path: data/t*-00001-*
  - split: extra
    path: data/test-*
---
"""


def test_subsets_are_those_of_the_readme(hub: Hub) -> None:
    hub.publish(f"datasets/{NAME}", {**FILES, "README.md": CONFIGS})
    assert "has several subsets; set download.subset to one of odd, small" in complaint()
    assert "has no subset large; set download.subset to one of odd, small" in complaint(
        subset="large"
    )
    assert found(subset="small") == {
        "train": {"0.png": "ant", "1.png": "bee"},
        "test": WHOLE["test"],
    }


def test_the_stage_says_what_it_passed_over(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    readme = CONFIGS.replace(b"data/t*-00001-*", b"data/train-*")
    hub.publish(f"datasets/{NAME}", {**FILES, "README.md": readme})
    run(subset="odd")
    assert "6 images of 2 classes, 1 file passed over" in capsys.readouterr().out
    told = json.loads(Path("metrics/download.json").read_text())
    assert told["counts"][0]["images"] == {"train": 4, "val": 2}
    assert told["kinds"] == [
        {
            "kind": "parquet file of another split than train, val and test",
            "files": 1,
            "names": ["data/test-00000-of-00001.parquet"],
        }
    ]


def test_names_of_the_readme_stand_in_for_those_of_the_schema(hub: Hub) -> None:
    readme = b"""---
dataset_info:
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names:
          '0': wasp
          '1': fly
---
"""
    bare = {"README.md": readme, "train.parquet": shard(names=None)}
    hub.publish(f"datasets/{NAME}", bare)
    assert found() == {"train": {"0.png": "wasp", "1.png": "fly"}}
    hub.publish(f"datasets/{NAME}", {**bare, "train.parquet": shard()}, OTHER)
    assert found(revision=OTHER) == {"train": {"0.png": "ant", "1.png": "bee"}}


def test_names_of_the_readme_are_as_written(hub: Hub) -> None:
    readme = b"""\xef\xbb\xbf---
dataset_info:
- config_name: other
  features:
  - name: label
    dtype: {class_label: {names: {'0': a, '1': b}}}
- config_name: default
  features:
  - name: label
    dtype:
      class_label:
        names:
          '0': yes
          '1': no
---
"""
    hub.publish(f"datasets/{NAME}", {"README.md": readme, "train.parquet": shard(names=None)})
    assert found() == {"train": {"0.png": "yes", "1.png": "no"}}


@pytest.mark.parametrize(
    ("configs", "expected"),
    [
        ("[{config_name: x, data_dir: /etc}]", "subset x of its README.md has no .parquet file"),
        ("[{config_name: x}, {config_name: x}]", "its README.md names subset x 2 times"),
        (f"[{{config_name: x, data_files: '{'*a' * 14}b'}}]", "subset x of its README.md has no"),
    ],
)
def test_a_subset_that_the_readme_gets_wrong_is_one_message(
    configs: str, expected: str, hub: Hub
) -> None:
    files = {**FILES, "README.md": f"---\nconfigs: {configs}\n---\n".encode()}
    hub.publish(f"datasets/{NAME}", {**files, f"{'a' * 60}.parquet": shard()})
    assert complaint().startswith(f"{NAME}: {expected}")
    assert not [line for line in hub.asked if ".parquet" in line]


def test_a_readme_that_is_no_yaml_is_named(hub: Hub) -> None:
    hub.publish(f"datasets/{NAME}", {**FILES, "README.md": b"---\na: [\n---\n"})
    assert f"{NAME} has a README.md whose front matter is no YAML" in complaint()


def test_without_the_library_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    assert (
        "needs huggingface_hub, which is not installed; `make install EXTRAS=hub`, or"
        in complaint()
    )


def test_progress_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    found()
    shown = capsys.readouterr().err
    assert "fetch ants/bees" in shown
    assert "parquet" not in shown
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
