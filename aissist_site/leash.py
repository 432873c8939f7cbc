"""Tie a process to its parent, so that a parent that is killed outright leaves nothing running.

Run as a program, it ties itself and then becomes another one: `python leash.py PARENT PROGRAM ARGUMENT…`.
"""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html


def tie(parent: int) -> None:
    """Make this process end when `parent` does. On Linux the tie outlives an exec; elsewhere a thread keeps watch."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=[parent], name="leash", daemon=True).start()
    if os.getppid() != parent:  # it died before the tie held
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    tie(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  # the program is chosen by `embedded`, no shell involved
