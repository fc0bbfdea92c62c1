import os

import pytest
import torch

from stages import processes, rendezvous, workers
from stages.errors import UserError
from stages.rendezvous import Limits, Rendezvous
from stages.train import Train


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("PET_")]:
        monkeypatch.delenv(variable)


def test_without_variables_there_is_one_machine() -> None:
    assert rendezvous.read("train") == Rendezvous("reprise-train", "", 1, 1, 3, None, Limits())
    assert rendezvous.read("train").is_alone
    assert rendezvous.processes() is None


def test_variables_are_torchruns(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PET_NNODES": "1:4", "PET_RDZV_ENDPOINT": "a:29400", "PET_RDZV_ID": "job",
        "PET_LOCAL_ADDR": "10.0.0.2", "PET_RDZV_CONF": "join_timeout=5,read_timeout=7",
        "PET_NPROC_PER_NODE": "8", "PET_MAX_RESTARTS": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    expected = Rendezvous("job-train", "a:29400", 1, 4, 0, "10.0.0.2", Limits(7, 5, 30))
    assert rendezvous.read("train") == expected
    assert rendezvous.processes() == 8


@pytest.mark.parametrize("value", ["auto", "cpu", "gpu"])
def test_words_of_torchrun_leave_the_number_open(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PET_NPROC_PER_NODE", value)
    assert rendezvous.processes() is None
    assert workers.is_open()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"PET_NNODES": "two"},
            "PET_NNODES is two, expected a number from 1 to 65535, or at least and at most as 1:4",
        ),
        ({"PET_NNODES": "0"}, "PET_NNODES is 0, expected a number from 1"),
        ({"PET_NNODES": "4:2"}, "PET_NNODES is 4:2, expected as 1:4"),
        ({"PET_NNODES": "2"}, "PET_RDZV_ENDPOINT is not set; expected host:port"),
        ({"PET_NNODES": "2", "PET_RDZV_ENDPOINT": "a"}, "PET_RDZV_ENDPOINT is a; expected host"),
        ({"PET_NNODES": "2", "PET_RDZV_ENDPOINT": "a:0"}, "PET_RDZV_ENDPOINT is a:0; expected"),
        ({"PET_MAX_RESTARTS": "-1"}, "PET_MAX_RESTARTS is -1, expected a number from 0"),
        (
            {"PET_RDZV_CONF": "patience=3"},
            "PET_RDZV_CONF has patience, expected one of read_timeout",
        ),
        ({"PET_RDZV_CONF": "join_timeout=x"}, "join_timeout in PET_RDZV_CONF is x, expected"),
    ],
)
def test_variables_that_make_no_sense_are_told(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as error:
        rendezvous.read("train")
    assert message in str(error.value)


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many"])
def test_a_number_of_processes_that_makes_no_sense_is_told(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PET_NPROC_PER_NODE", value)
    with pytest.raises(UserError, match=f"PET_NPROC_PER_NODE is {value}, expected a number"):
        workers.share(Train.load(), 4)


def test_more_processes_than_batches_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NPROC_PER_NODE", "8")
    message = "^PET_NPROC_PER_NODE is 8, but a step has train.accumulate 4 batches to share"
    with pytest.raises(UserError, match=message):
        workers.share(Train.load(), 4, "train.accumulate")


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NPROC_PER_NODE", "3")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match=r"is 3, but there are 2 GPUs.*set train.device to cpu$"):
        workers.share(Train.load(), 4, "train.accumulate")


def test_one_process_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NPROC_PER_NODE", "1")
    workers.share(Train.load(), 4, "train.accumulate")
    monkeypatch.setenv("PET_NPROC_PER_NODE", "8")
    workers.share(Train.load(), 1)  # a stage whose batches no parameter counts
    assert not processes.is_member()


def test_on_windows_a_stage_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ELASTIC", False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(16)})
    assert workers.affordable(batches=32, threads=2) == 1
    workers.share(Train.load(), 4, "train.accumulate")
    monkeypatch.setenv("PET_NPROC_PER_NODE", "2")
    with pytest.raises(UserError, match=r"PET_NPROC_PER_NODE.*do not run on Windows; unset"):
        workers.share(Train.load(), 4, "train.accumulate")


def test_processes_have_cores_and_batches_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(16)})
    assert workers.affordable(batches=32, threads=2) == 8
    assert workers.affordable(batches=4, threads=2) == 4
    assert workers.affordable(batches=4, threads=32) == 1
