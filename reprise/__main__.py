"""`python -m reprise` is the command `reprise`."""

import sys

from reprise.command import main

if __name__ == "__main__":
    sys.exit(main())
