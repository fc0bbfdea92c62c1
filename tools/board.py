"""Open TensorBoard on what trainings have logged under runs/: `reprise board`.

Other options go to TensorBoard; `tensorboard --helpfull` lists them.
"""

import sys

from reprise.tool_parsers import parser
from stages import errors


def main() -> None:
    """Run it until Ctrl-C."""
    given, options = parser("board", __doc__).read_some()
    for name in ("port", "host"):
        if (value := getattr(given, name)) is not None:
            options = [f"--{name}", str(value), *options]
    from tensorboard.main import run_main  # noqa: PLC0415  # takes seconds

    sys.argv = ["reprise board", "--logdir", "runs", *options]
    run_main()


if __name__ == "__main__":
    errors.run(main)
