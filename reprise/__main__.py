"""`python -m reprise` is the command `reprise`."""

import sys

if __name__ == "__main__":
    try:
        from reprise.command import main

        sys.exit(main())
    except KeyboardInterrupt:  # while the command itself is imported
        if sys.stderr:
            print("stopped", file=sys.stderr)
        sys.exit(130)
