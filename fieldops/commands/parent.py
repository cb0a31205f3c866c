"""A child that ends with its parent, however that ends."""

import os
import signal
import sys
import threading


def follow_parent() -> None:
    """Stop like on SIGTERM when standard input ends: even a killed parent leaves no orphan."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent").start()
