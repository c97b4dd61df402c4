"""Discover: cameras on networks that their owner named. The packets go to ``DIR/packets.jsonl``, the devices that answered to ``DIR/devices.jsonl``."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import custodes
from custodes.errors import UsageError
from custodes.pipeline import tools
from custodes.sources import discover as asking
from custodes.sources import discover_networks, discover_questions
from custodes.sources.discover_log import NAME, Log
from custodes.sources.discover_questions import Task

AGENT = f"custodes/{custodes.__version__} (inventory by the owner of this network)"


def discover(
    networks: Sequence[str], out: str, *, public: Sequence[str], ports: Sequence[str], only: Sequence[str], rate: float, wait: float, dry_run: bool,
    clock: Callable[[], str], seed: str, body: str = "", progress: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """Look, or with ``dry_run`` say what would be sent. ``seed``: random hexadecimal digits for message ids; ``clock``: the time as ISO text.

    UsageError, before anything is sent, for networks that may not be looked at. ``exit`` is 3 when something could not be sent.
    """
    named = discover_networks.named(networks, public)
    asked = discover_questions.protocols(only)
    tasks = list(discover_questions.tasks(named, asked, discover_questions.ports(ports or discover_questions.PORTS), _ids(seed), AGENT))
    if dry_run:
        return _plan(named, tasks, rate)
    if not out:
        raise UsageError("nowhere to write to", where=", ".join(networks)[:200], advice="say where: -o DIR (or --dry-run to see what would be sent)")
    log = Log(Path(out), clock)
    try:
        left = [task for task in tasks if task.key not in log.done]
        log.run(f"custodes discover {custodes.__version__}: {', '.join(str(one.network) for one in named)}; {len(left)} of {len(tasks)} tasks to do")
        with ExitStack() as stack:
            tick = _ticker(stack, progress, len(left))
            asking.discover(tasks, named, log, asking.Manner(rate, wait), tick)
    finally:
        log.close()
    return _summary(Path(out), log, len(tasks), len(left), body)


def _ids(seed: str) -> Callable[[], str]:
    """Message ids, one after the other, from the run's seed."""
    space, number = uuid.UUID(hex=seed.ljust(32, "0")[:32]), Counter[str]()

    def fresh() -> str:
        number["n"] += 1
        return str(uuid.uuid5(space, str(number["n"])))

    return fresh


def _ticker(stack: ExitStack, progress: Any, total: int) -> Callable[[], None]:
    if progress is None:
        return lambda: None
    stack.enter_context(progress)
    bar = progress.add_task("discover", total=total)
    return lambda: progress.advance(bar)


def _plan(named: Sequence[discover_networks.Named], tasks: Sequence[Task], rate: float) -> dict[str, Any]:
    """What would be sent: a line for each search on a link, and for each kind of question the number of addresses; then every packet's bytes once."""
    lines = [f"{one.network}: {'we stand in it as ' + one.near if one.near else 'behind a router'}" for one in named]
    kinds = Counter((task.protocol, task.over, task.far[1]) for task in tasks if not task.near)
    packets = 0
    for task in tasks:
        packets += task.packets
        if task.near:
            lines.append(f"  {task.packets} x {task.protocol} to {task.far[0]}:{task.far[1]} (udp) from {task.near}")
    lines += [f"  {protocol} to port {port} ({over}) of {count} addresses" for (protocol, over, port), count in kinds.items()]
    seen: set[tuple[str, int]] = set()
    for task in tasks:
        if (task.protocol, task.far[1]) not in seen:
            seen.add((task.protocol, task.far[1]))
            lines += [f"  {task.protocol}:{task.far[1]} sends {payload!r}" for payload in task.payloads]
    lines.append(f"{packets} packets or requests at most, {rate:g} a second: {_duration(packets / rate)}; nothing was sent")
    shown = [{"task": t.key, "protocol": t.protocol, "over": t.over, "to": f"{t.far[0]}:{t.far[1]}", "packets": t.packets} for t in tasks]
    return {"command": "discover", "dry_run": True, "networks": [str(one.network) for one in named], "tasks": shown, "packets": packets, "lines": lines, "exit": 0}


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 120 else f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.1f} h"


def _summary(folder: Path, log: Log, tasks: int, left: int, body: str) -> dict[str, Any]:
    """Read the log back: the devices in it, by who saw them."""
    read = tools.records((str(folder / NAME),), str(folder / "devices.jsonl"), tools.entry(body=body), rejects=str(folder / "devices.rejects.jsonl"), engine="local")
    count = log.counts
    dropped = f"; {count['dropped']} answers from outside the named networks were not kept" if count["dropped"] else ""
    failed = f"; {count['failed']} could not be sent" if count["failed"] else ""
    lines = [
        f"{tasks} tasks, {tasks - left} done before; {count['sent']} packets and requests sent, {count['received']} answers{dropped}{failed}",
        f"{read['usable']} device rows in {folder / 'devices.jsonl'}; every packet in {folder / NAME}",
    ]
    return {"command": "discover", "dry_run": False, "tasks": tasks, **count, "devices": read["usable"], "out": str(folder), "lines": lines, "exit": 3 if count["failed"] else 0}
