"""The code of docs/scaling.md, and processes that run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "scaling.md"


def block(containing: str) -> str:
    """Returns the one block of the page's code that contains a text."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    (found,) = (code for code in blocks if containing in code)
    return found


def start(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.Popen[str]:
    """Starts a process of this interpreter that finds the package and the tests."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def on_virtual_devices(number: int, module: str, folder: Path) -> Any:
    """Runs a module on so many virtual devices; returns what it writes as JSON to its argument."""
    path = folder / "found.json"
    devices = f"--xla_force_host_platform_device_count={number}"
    flags = f"{os.environ.get('XLA_FLAGS', '')} {devices}"
    finished(start("-m", module, str(path), XLA_FLAGS=flags))
    return json.loads(path.read_text())


def finished(process: subprocess.Popen[str]) -> str:
    """Returns what a process printed, once it has ended well."""
    with process:
        try:
            printed, said = process.communicate(timeout=1800)
        finally:
            process.kill()
    assert process.returncode == 0, said[-3000:]
    return printed
