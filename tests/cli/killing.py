"""Commands that are killed in the midst of their work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import keras


def kill_once(begun: Callable[[], bool], arguments: Sequence[str]) -> None:
    """Runs `regzoo` with the arguments in a process, which is killed as soon as `begun()` holds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_regzoo.cli", *arguments],
        env={**os.environ, "KERAS_BACKEND": keras.config.backend()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 240
    while not begun():
        assert process.poll() is None, "ended before it was to be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
