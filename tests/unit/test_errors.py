import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stages import errors

ROOT = Path(__file__).parents[2]


def run(body: str) -> "subprocess.CompletedProcess[str]":
    code = f"from stages import errors\ndef main() -> None:\n    {body}\nerrors.run(main)\n"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def test_a_users_mistake_is_one_message_and_exit_code_1() -> None:
    ended = run("raise errors.UserError('params.yaml: train.lr is odd\\nand more')")
    assert ended.returncode == 1
    assert ended.stderr == "params.yaml: train.lr is odd\nand more\n"
    assert ended.stdout == ""


def test_no_message_tells_a_secret_or_forges_a_line() -> None:
    said = "params.yaml: download.path is http://ann:hunter2@host/a.zip?token=hunter2\\x1b[2J; odd"
    ended = run(f"raise errors.UserError('{said}')")
    assert ended.stderr == "params.yaml: download.path is http://host/a.zip; odd\n"


def test_an_interrupt_is_exit_code_130_without_a_traceback() -> None:
    ended = run("raise KeyboardInterrupt")
    assert ended.returncode == 130
    assert ended.stderr == (
        "stopped; nothing half-written is left, and `dvc repro` takes this stage up again\n"
    )


def test_an_interrupt_may_have_a_message_of_its_own() -> None:
    ended = run("raise KeyboardInterrupt('training stopped')")
    assert (ended.returncode, ended.stderr) == (130, "training stopped\n")


@pytest.mark.parametrize(
    ("before", "body", "code", "told"),
    [
        ("default_int_handler", "interrupt()", -signal.SIGINT, ""),
        ("default_int_handler", "errors.run(interrupt)", 130, "stopped; nothing half-written"),
        ("SIG_IGN", "interrupt()", 0, ""),
        ("SIG_IGN", "errors.run(interrupt)", 0, ""),
    ],
)
def test_ctrl_c_ends_a_stage_that_still_imports_without_a_traceback(
    before: str, body: str, code: int, told: str
) -> None:
    program = (
        "import os, signal, sys\n"
        f"signal.signal(signal.SIGINT, signal.{before})\n"
        "sys.argv[0] = '-m'  # as Python has it while it looks for the module\n"
        "from stages import errors\n"
        "interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)\n"
        f"{body}\n"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == code
    assert ended.stderr.startswith(told)
    assert len(ended.stderr.splitlines()) == bool(told)


@pytest.mark.parametrize(("argument", "by_stage"), [("-m", True), ("-c", False)])
def test_garbage_is_not_looked_for_while_a_stage_imports(argument: str, *, by_stage: bool) -> None:
    program = (
        "import gc, sys\n"
        f"sys.argv[0] = {argument!r}  # as Python has it while it looks for the module\n"
        "from stages import errors\n"
        f"assert gc.isenabled() is not {by_stage}\n"
        "errors.run(lambda: print(gc.isenabled(), gc.get_freeze_count() > 0))\n"
    )
    command = [sys.executable, "-c", program]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert printed == f"True {by_stage}\n"


@pytest.mark.parametrize("letters", [1, 1_000_000])
def test_a_reader_that_ends_is_no_error(letters: int) -> None:
    code = f"from stages import errors; errors.run(lambda: print({letters} * 'x'))"
    reader = f'{sys.executable} -c "{code}" | true; echo ${{PIPESTATUS[0]}}'
    ended = subprocess.run(
        ["bash", "-c", reader], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert ended.stdout == "141\n"
    assert ended.stderr == ""


def test_another_broken_pipe_keeps_its_traceback() -> None:
    ended = run("raise BrokenPipeError")
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr


def test_without_standard_output_a_command_succeeds() -> None:
    code = "from stages import errors; errors.run(lambda: None)"
    command = ["bash", "-c", f"{sys.executable} -c '{code}' >&-"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_success_is_exit_code_0() -> None:
    ended = run("print('done')")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")


def test_a_programmers_mistake_keeps_its_traceback() -> None:
    ended = run("1 / 0")
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "ZeroDivisionError" in ended.stderr


def test_any_other_error_passes_through() -> None:
    def main() -> None:
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        errors.run(main)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("MemoryError()", "MemoryError"),
        ("MemoryError('Unable to allocate 12.0 GiB for an array')", "Unable to allocate 12.0 GiB"),
        ("RuntimeError('CUDA out of memory. Tried to allocate 2 GiB\\nand more')", "CUDA out of"),
        ("RuntimeError('DefaultCPUAllocator: can\\'t allocate memory: 9 bytes')", "DefaultCPU"),
    ],
)
def test_too_little_memory_is_one_message_with_what_helps(error: str, told: str) -> None:
    ended = run(f"raise {error}")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"memory has run out ({told}")
    assert ended.stderr.endswith("and for preprocess fewer workers\n")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("error", [RuntimeError(""), ValueError("odd"), RuntimeError("CUDA error")])
def test_no_other_error_is_taken_for_one_of_memory(error: Exception) -> None:
    assert not errors.exhausted(error)


def test_what_a_code_page_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")  # of a pipe on Windows
    ended = run("print(chr(0x732B), 'é'.isprintable()); raise errors.UserError(chr(0x732B))")
    assert ended.returncode == 1
    assert ended.stdout == "\\u732b True\n"
    assert ended.stderr == "\\u732b\n"
