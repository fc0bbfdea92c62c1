"""The pipeline: six stage scripts and their modules. It imports reprise; tools imports it."""

import gc
import signal
import sys

# `python -m stages.train` imports for seconds before errors.run handles Ctrl-C: until then, that
# ends it without a traceback.
if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
# Until then, too, nothing is garbage: to look for it takes a tenth of the time.
if sys.argv[0] == "-m":
    gc.disable()
