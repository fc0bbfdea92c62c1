"""The pipeline: five scripts, and the modules they share. README.md has the map."""

import signal
import sys

# `python -m stages.train` imports for seconds before it can say anything about Ctrl-C: until
# errors.run takes over, that just ends it, without a traceback.
if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
