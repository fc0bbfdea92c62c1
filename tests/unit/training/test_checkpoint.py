import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import numpy as np
import pytest
import torch
from learning import begun, same, settings, updates
from torch import nn
from toys import split

from stages import processor
from stages.artifacts import parts
from stages.artifacts.splits import Split
from stages.errors import UserError
from stages.train import Train
from stages.training import checkpoint
from stages.training.checkpoint import FOLDER, CheckpointStore, fingerprint, key, seal
from stages.training.state import Learner

CPU = torch.device("cpu")
FLIPS = int(60 * float(os.environ.get("FUZZ", "1")))  # damages of each kind
PARAMS = settings(network="mlp", hidden=(4,), save_steps=2)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


def trained(stop: int) -> Learner:
    """Return a learner after so many updates, of two or three steps an epoch."""
    step = begun(PARAMS)
    updates(step, PARAMS, lambda number: number + 1 == stop)
    return step.learner


def fresh() -> Learner:
    return begun(PARAMS).learner


def test_what_was_kept_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    learner, other = trained(3), fresh()
    CheckpointStore(PARAMS, "run").save(learner)
    CheckpointStore(PARAMS, "run").load(other)
    assert same(other.state_dict(), learner.state_dict())
    told = "training goes on where it was stopped: after epoch 1, step 2\n"
    assert capsys.readouterr().out == told


def test_the_state_is_under_the_folder_of_dvc() -> None:
    CheckpointStore(PARAMS, "run").save(fresh())
    assert [path.name for path in Path(".dvc/tmp/resume").iterdir()] == ["run.pt"]


def test_in_a_folder_of_an_experiment_it_is_in_the_original_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "original"))
    CheckpointStore(PARAMS, "run").save(fresh())
    assert (tmp_path / "original/.dvc/tmp/resume/run.pt").exists()
    assert not Path(".dvc").exists()


def test_another_run_never_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    CheckpointStore(PARAMS, "run").save(trained(3))
    other = fresh()
    CheckpointStore(PARAMS, "nur").load(other)
    assert same(other.state_dict(), fresh().state_dict())
    assert not capsys.readouterr().out


def test_with_resume_false_nothing_is_kept_nor_read() -> None:
    off = settings(resume=False)
    CheckpointStore(off, "run").save(trained(3))
    assert not Path(".dvc").exists()
    CheckpointStore(PARAMS, "run").save(trained(3))
    other = fresh()
    CheckpointStore(off, "run").load(other)
    assert not other.history
    CheckpointStore(off, "run").remove()


def test_a_finished_run_leaves_nothing() -> None:
    store = CheckpointStore(PARAMS, "run")
    store.save(fresh())
    store.remove()
    assert not list(FOLDER.iterdir())
    store.remove()


def foreign() -> dict[str, object]:
    return {"network": {}, "optimizers": []}


def sealed(state: object, path: Path) -> None:
    """Write what is whole, but no state of this run."""
    with path.open("w+b") as file:
        torch.save(state, file)
        seal(file, path.stem)


def torn(share: float) -> bytes:
    CheckpointStore(PARAMS, "torn").save(trained(3))
    data = (FOLDER / "torn.pt").read_bytes()
    return data[: int(share * len(data))]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\0" * 5000),
        lambda path: path.write_text("no state"),
        lambda path: path.write_bytes(torn(0.5)),
        lambda path: path.write_bytes(torn(0.99)),
        lambda path: sealed(foreign(), path),
        lambda path: torch.save(trained(3).state_dict(), path),  # as it was written in former times
        lambda path: sealed([1, 2], path),
        lambda path: sealed(nn.Linear(2, 2), path),  # code, which is not run
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("nowhere"),
        lambda path: sealed({**trained(3).state_dict(), "tally": (1,) * 5}, path),
        lambda path: sealed({**trained(3).state_dict(), "average": {}}, path),
        lambda path: sealed({**trained(3).state_dict(), "optimizers": []}, path),
        lambda path: sealed(begun(settings(network="mlp", hidden=(5,))).learner.state_dict(), path),
        lambda path: sealed(begun(settings()).learner.state_dict(), path),
    ],
    ids=[
        "empty", "zeros", "text", "half", "nearly whole", "foreign", "unsealed", "a list", "code",
        "a folder",
        "a dead link", "a long tally", "no average", "no optimizer", "shapes", "network",
    ],
)  # fmt: skip
def test_what_cannot_be_used_starts_anew(
    damage: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    FOLDER.mkdir(parents=True)
    damage(FOLDER / "run.pt")
    learner = fresh()
    store = CheckpointStore(PARAMS, "run")
    store.load(learner)
    assert same(learner.state_dict(), fresh().state_dict())
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(".dvc/tmp/resume/run.pt: cannot be read (")
    assert line.endswith("), so training starts from the beginning")
    step = begun(PARAMS)
    step.learner.load_state_dict(learner.state_dict())
    updates(step, PARAMS)
    assert same(step.learner.best, trained(99).best)


def harmed(kind: str, number: int, data: bytes) -> bytes:
    """Return the bytes of a state with one of many damages, which reach every region of it."""
    place, changed = number * len(data) // FLIPS, bytearray(data)
    match kind:
        case "bit":
            changed[place] ^= 1 << number % 8
        case "zeros":
            changed[place : place + 512] = bytes(len(changed[place : place + 512]))
        case "cut":
            del changed[place:]
        case "lost":
            del changed[place : place + 1 + number % 7]
        case "more":
            changed[place:place] = b"\0" * (1 + number % 7)
        case _:
            changed[place : place + 64] = data[:64]
    return bytes(changed)


@pytest.mark.parametrize("kind", ["bit", "zeros", "cut", "lost", "more", "moved"])
def test_no_damage_goes_unnoticed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = CheckpointStore(PARAMS, "run")
    store.save(trained(3))
    data, learner = store.path.read_bytes(), fresh()
    for number in range(FLIPS):
        store.path.write_bytes(damaged := harmed(kind, number, data))
        store.load(learner)
        whole = damaged == data  # where zeros were put on zeros
        expected = "training goes on" if whole else ".dvc/tmp/resume/run.pt: cannot be read (its "
        assert capsys.readouterr().out.startswith(expected)
        assert whole or not learner.history
        learner = fresh() if whole else learner


def test_the_state_of_another_run_is_not_taken_under_this_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    CheckpointStore(PARAMS, "other").save(trained(3))
    (FOLDER / "other.pt").rename(FOLDER / "run.pt")
    learner = fresh()
    CheckpointStore(PARAMS, "run").load(learner)
    assert not learner.history
    assert "its bytes are not those that were written" in capsys.readouterr().out


def test_too_little_memory_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    CheckpointStore(PARAMS, "run").save(trained(3))

    def short(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(torch, "load", short)
    learner = fresh()
    with pytest.raises(MemoryError):
        CheckpointStore(PARAMS, "run").load(learner)
    assert same(learner.state_dict(), fresh().state_dict())


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left")])
def test_a_write_that_ends_halfway_leaves_the_state_before(
    error: BaseException | type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, before, save = CheckpointStore(PARAMS, "run"), trained(1), torch.save
    store.save(before)

    def halfway(state: object, file: IO[bytes]) -> None:
        save(state, file)
        raise error

    monkeypatch.setattr(torch, "save", halfway)
    with pytest.raises((KeyboardInterrupt, UserError)):
        store.save(trained(3))
    assert [path.name for path in FOLDER.iterdir()] == ["run.pt"]
    learner = fresh()
    store.load(learner)
    assert same(learner.state_dict(), before.state_dict())


class Harmful:
    """What runs code where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("harm",)


def test_no_code_is_run() -> None:
    FOLDER.mkdir(parents=True)
    sealed(Harmful(), FOLDER / "run.pt")
    CheckpointStore(PARAMS, "run").load(fresh())
    assert not Path("harm").exists()


def test_what_a_kill_left_half_written_is_in_nobodys_way() -> None:
    FOLDER.mkdir(parents=True)
    (FOLDER / ".run.pt.partial").write_text("half")
    store = CheckpointStore(PARAMS, "run")
    learner = fresh()
    store.load(learner)
    store.save(learner)
    assert [path.name for path in FOLDER.iterdir()] == ["run.pt"]


def test_a_place_that_cannot_be_written_is_one_message() -> None:
    Path(".dvc").write_text("in the way")
    with pytest.raises(UserError, match=r"^\.dvc/tmp/resume/run\.pt: cannot be written: ") as found:
        CheckpointStore(PARAMS, "run").save(fresh())
    assert "\n" not in str(found.value)


def test_a_full_disk_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; free some space"):
        CheckpointStore(PARAMS, "run").save(fresh())
    assert not list(FOLDER.iterdir())


@pytest.mark.parametrize(
    ("kept", "on", "later"),
    [(True, True, "goes on where it was last kept"), (False, True, "starts it anew"),
     (True, False, "starts it anew")],
)  # fmt: skip
def test_an_interrupt_says_what_becomes_of_the_training(
    later: str, *, kept: bool, on: bool
) -> None:
    if kept:
        CheckpointStore(PARAMS, "run").save(fresh())
    message = rf"^training stopped; the next run {later}$"
    with pytest.raises(KeyboardInterrupt, match=message):
        interrupt(CheckpointStore(settings(resume=on), "run"))


def interrupt(store: CheckpointStore) -> None:
    with store.interruptible():
        raise KeyboardInterrupt


def test_other_errors_pass_through() -> None:
    with pytest.raises(UserError, match="odd"), CheckpointStore(PARAMS, "run").interruptible():
        raise UserError("odd")


TRAINING, VALIDATION = split(6), split(4, seed=1)


def test_images_in_parts_are_the_same_run(tmp_path: Path) -> None:
    images = TRAINING.images
    for number, part in enumerate((images[:3], images[3:])):
        np.save(parts.path_of(tmp_path, number), part)
    parted: Any = parts.read(tmp_path, [3, len(images) - 3], images.shape[1:])
    assert name(data=(Split(parted, TRAINING.labels), VALIDATION)) == name()


def name(
    params: Train = PARAMS,
    value: float = 0.0,
    data: tuple[Split, ...] = (TRAINING, VALIDATION),
    device: torch.device = CPU,
) -> str:
    """Return the key of a run whose only weight has a value."""
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, value)
    return key(fingerprint(params, layer, data, device))


OTHERS: dict[str, object] = {
    "seed": 1, "epochs": 4, "batch_size": 9, "accumulate": 2, "sampling": "balanced",
    "limit_batches": 3, "hidden": (5,), "activation": "gelu", "dropout": 0.1, "freeze": 1,
    "loss": "focal", "label_smoothing": 0.1, "optimizer": "adam", "lr": 0.06, "momentum": 0.8,
    "clip_norm": 1.0, "ema": 0.9, "schedule": "cosine", "warmup_epochs": 1.0, "best": "loss",
    "patience": 3, "flip": "random", "crop_padding": 1, "mixup": 0.1, "precision": "bf16",
    "channels_last": False, "threads": 2, "deterministic": False, "weights": "other",
}  # fmt: skip


def test_the_name_stays_where_nothing_differs() -> None:
    assert name() == name()
    assert len(name()) == 16


@pytest.mark.parametrize("parameter", OTHERS)
def test_another_parameter_is_another_run(parameter: str) -> None:
    assert name(PARAMS.model_copy(update={parameter: OTHERS[parameter]})) != name()


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("save_steps", 7), ("board", True), ("tracker", "mlflow"), ("grad_checkpointing", True)],
)
def test_what_does_not_change_the_result_is_the_same_run(parameter: str, value: object) -> None:
    assert name(PARAMS.model_copy(update={parameter: value})) == name()


def test_every_parameter_is_one_or_the_other() -> None:
    irrelevant = {"resume", "save_steps", "board", "tracker", "grad_checkpointing"}
    assert irrelevant == checkpoint.IRRELEVANT
    assert irrelevant < set(Train.model_fields)


def test_another_weight_or_pixel_or_label_is_another_run() -> None:
    images, labels = VALIDATION.images.copy(), VALIDATION.labels.copy()
    images[-1, -1, -1, -1] ^= 1
    labels[0] ^= 1
    names = [
        name(),
        name(value=1e-30),
        name(data=(TRAINING, Split(images, VALIDATION.labels))),
        name(data=(TRAINING, Split(VALIDATION.images, labels))),
        name(data=(VALIDATION, TRAINING)),
        name(data=(TRAINING, Split(VALIDATION.images.swapaxes(1, 2).copy(), VALIDATION.labels))),
        name(data=(TRAINING, Split(VALIDATION.images.reshape(4, 5, 4, 1), VALIDATION.labels))),
    ]
    assert len(set(names)) == len(names)


def test_another_normalization_is_another_run() -> None:
    # Images stay as they are if preprocess.normalize changes.
    normal = [nn.Sequential(nn.BatchNorm2d(1)) for _ in range(2)]
    normal[1].get_buffer("0.running_mean").fill_(0.5)
    first, other = (key(fingerprint(PARAMS, whole, (TRAINING,), CPU)) for whole in normal)
    assert first != other


def test_weights_of_any_type_and_layout_have_a_name() -> None:
    names = set()
    for kind in (torch.float32, torch.bfloat16, torch.float16):
        whole = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)).to(kind)
        for weight in whole.parameters():
            nn.init.constant_(weight, 0.5)
        first = key(fingerprint(PARAMS, whole, (), CPU))
        linear = whole.to(memory_format=torch.channels_last)
        assert key(fingerprint(PARAMS, linear, (), CPU)) == first
        names.add(first)
    assert len(names) == 3


@pytest.mark.parametrize("module", ["stages.training.invented", "__main__"])
def test_other_code_is_another_run(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file, names = Path("invented.py"), set()
    made = ModuleType(module)
    made.__file__ = str(file)
    monkeypatch.setitem(sys.modules, module, made)
    for text in ("a = 1", "a = 2"):
        file.write_text(text)
        names.add(name())
    assert len(names) == 2


def test_code_without_a_file_or_of_others_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    first = name()
    for module, file in (("stages.none", None), ("stagesandmore", "x.py"), ("numpy.x", "x.py")):
        made = ModuleType(module)
        made.__file__ = file
        monkeypatch.setitem(sys.modules, module, made)
    assert name() == first


@pytest.mark.parametrize(("capability", "runs"), [("AVX2", 1), ("AVX512", 2)])
def test_another_processor_is_the_same_run_with_portable_kernels_alone(
    monkeypatch: pytest.MonkeyPatch, capability: str, runs: int
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    names = list[str]()
    for model in ("AMD EPYC 9654", "Intel(R) Xeon(R) Platinum 8480"):
        monkeypatch.setattr(processor, "model", lambda model=model: model)
        names.append(name())
    assert len(set(names)) == runs


def test_another_version_or_device_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name()]
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
    names.append(name(device=torch.device("cuda")))
    names.append(name(device=torch.device("mps")))
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "ANOTHER")
    names.append(name())
    monkeypatch.setattr(torch, "__version__", "9.9")
    names.append(name())
    monkeypatch.setattr(np, "__version__", "9.9")
    names.append(name())
    assert len(set(names)) == len(names)
