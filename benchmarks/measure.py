"""Run a command and say how long it took and how much memory its whole process tree held; peers live in a venv of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench-out"


@dataclass(frozen=True)
class Measured:
    """Wall seconds, peak resident MiB of the process tree (sampled every 20 ms; shared pages counted once per process), and what was printed."""

    seconds: float
    peak_mib: float
    printed: str
    code: int


def measured(command: list[str], cwd: Path | None = None, timeout: float = 1800) -> Measured:
    """Run ``command`` to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watcher.start()
    printed, _ = process.communicate(timeout=timeout)
    seconds = time.perf_counter() - start
    watcher.join(1)
    return Measured(round(seconds, 3), round(peak[0], 1), printed, process.returncode)


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_resident(pid) for pid in _tree(process.pid)))
        time.sleep(0.02)


def _tree(pid: int) -> list[int]:
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            found += [each for child in children for each in _tree(int(child))]
    except OSError:
        pass
    return found


def _resident(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def peers(*packages: str) -> tuple[Path | None, str]:
    """(python of a venv that holds the packages, '') or (None, why not)."""
    folder = OUT / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    done = subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], capture_output=True, text=True)
    return (python, "") if done.returncode == 0 else (None, done.stderr.strip().splitlines()[-1][:200] if done.stderr else "cannot be installed")


def table(rows: list[dict[str, object]]) -> str:
    """Rows as a plain table."""
    names = list(rows[0])
    cells = [[str(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[n]) for line in cells)) for n, name in enumerate(names)]
    lines = ["  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True))]
    return "\n".join(lines + ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells])
