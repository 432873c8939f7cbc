"""`python -m tests.bench chaos`, `python -m tests.bench bench`, or one section of the bench by its name."""

import argparse
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from typing import NoReturn

from tests.bench import report
from tests.bench.stack import NAMES, Missing, Stack

SECTIONS = ("accept", "walk", "steady", "waiting", "burst", "copies", "timers", "retry-after", "flood")
BESIDE = ("peers",)  # by name only: they install and start other people's programs


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))  # so that what runs is stopped
    if options.what == "chaos" and options.stack == "all":
        return max(_again(options, "chaos", name) for name in NAMES)
    stack = Stack("postgres-redis" if options.stack == "all" else options.stack)
    good = False
    try:
        if options.what == "hosts":
            good = _hosts(stack)
        else:
            stack.prepare()
            good = _chaos(stack, options) if options.what == "chaos" else _bench(stack, options)
    except Missing as missing:
        report.say(str(missing))
    finally:
        stack.stop(keep=options.keep or not good)
        if options.keep or not good:
            report.say(f"The logs are in {stack.folder}")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", choices=["bench", "chaos", "hosts", *SECTIONS, *BESIDE])
    parser.add_argument("--stack", choices=[*NAMES, "all"], default=os.environ.get("STACK") or "all")
    parser.add_argument("--messages", type=int, default=int(os.environ.get("MESSAGES") or 0), help="0 for the issue's")
    parser.add_argument("--conversations", type=int, default=int(os.environ.get("CONVERSATIONS") or 500))
    parser.add_argument("--rate", type=float, default=float(os.environ.get("RATE") or 60), help="messages per second")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1))
    parser.add_argument("--restart-servers", action="store_true", help="restart servers that aren't ours, too")
    parser.add_argument("--no-restarts", action="store_true", help="kill processes only, and leave the servers alone")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args()


def _again(options: argparse.Namespace, what: str, stack: str) -> int:
    """The same for another stack, in a process of its own: settings are read once."""
    given = {name: value for name, value in vars(options).items() if name not in ("what", "stack")}
    flags = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is True]
    flags += [f"--{name}={value}" for name, value in given.items() if not isinstance(value, bool)]
    command = [sys.executable, "-m", "tests.bench", what, "--stack", stack, *flags]
    return subprocess.run(command, check=False).returncode


def _chaos(stack: Stack, options: argparse.Namespace) -> bool:
    import django

    django.setup()
    from tests.bench import chaos
    from tests.bench.world import World

    messages = options.messages or (1_000 if stack.embedded else 10_000)
    size = chaos.Size(
        messages=messages,
        conversations=min(options.conversations, messages),
        rate=options.rate,
        seed=options.seed,
        restart_servers=options.restart_servers,
        restarts=not options.no_restarts,
    )
    verdict, more = chaos.run(stack, World(stack.platform_port), size)
    chaos.show(stack, verdict, more)
    report.write(f"chaos-{stack.name}.json", {"size": asdict(size), **asdict(verdict), **more})
    return verdict.kept


def _hosts(stack: Stack) -> bool:
    import django

    from tests.bench import network

    with network.network():
        stack.also = network.HERE
        stack.prepare()
        django.setup()
        from tests.bench import hosts

        try:
            return hosts.measure(stack)
        finally:
            stack.stop_processes()


def _bench(stack: Stack, options: argparse.Namespace) -> bool:
    import django

    django.setup()
    from tests.bench import measure, peers

    measure.SECTIONS["peers"] = peers.measure
    sections = SECTIONS if options.what == "bench" else (options.what,)
    good = measure.run(stack, sections, options.messages)
    if options.what == "bench" and options.stack == "all":
        good = not _again(options, "walk", "sqlite-embedded") and good
    return good


def _exit(status: int) -> NoReturn:
    sys.stdout.flush()
    os._exit(status)  # threads of the broker's client would keep us


if __name__ == "__main__":
    _exit(main())
