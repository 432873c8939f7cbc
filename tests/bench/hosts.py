"""Two worker hosts against one database: network namespaces, one of which is cut off in the middle and stays so.

`python -m tests.bench hosts`. Web server, beat, the servers and the platform are on this host; each of the other two
runs a worker of either kind. What is measured is how long the one that is left takes to get at what the other one held,
and whether any promise is broken by it. For rates, two cores are too few.
"""

import threading
import time

from tests.bench import report
from tests.bench.measure import Bench, Figure
from tests.bench.network import HERE, HOSTS, cut
from tests.bench.stack import ERRANDS, WALK, Process, Stack
from tests.bench.world import DROPPING, World

MESSAGES, RATE, CONVERSATIONS = 1_200, 20, 300  # a minute
CUT_AFTER = 20.0  # seconds
PATIENCE = 120.0  # seconds for what is left to be done


def workers(stack: Stack, host: str) -> list[Process]:
    """A worker of each kind on that host, which finds the servers at HERE."""
    there = {name: stack.env[name].replace("127.0.0.1", HERE) for name in ("DATABASE_URL", "CELERY_BROKER_URL")}
    kinds = {"work": WALK, "errand": ERRANDS}
    prefix = ("ip", "netns", "exec", host)
    return [Process(f"{kind}-{host}", ["worker", "--queues", queues], there, prefix) for kind, queues in kinds.items()]


def measure(stack: Stack) -> bool:
    """Print the table. Returns whether every promise was kept."""
    bench = Bench(stack, MESSAGES)
    bench.world = World(stack.platform_port, HERE)
    bench.world.begin(burst_window=0, thinking_after=0)
    stack.start(web=1, work=0, errand=0, beat=1)
    for host in HOSTS:
        stack.add(workers(stack, host))
    time.sleep(6)  # until they have subscribed
    said = bench.said(DROPPING, MESSAGES, rate=RATE, conversations=CONVERSATIONS)
    cutting = threading.Timer(CUT_AFTER, cut, [HOSTS[0]])
    began = time.time()
    cutting.start()
    bench.send(said)
    bench.settle(PATIENCE)
    cutting.join()
    arrived, verdict = bench.arrivals(), bench.reconcile(said)
    cut_at = began + CUT_AFTER
    waits = [(one.due, arrived.get(one.marker, time.time()) - one.due) for one in said]
    figures = [
        Figure("hosts: messages", len(said)),
        Figure("hosts: answered", sum(one.marker in arrived for one in said)),
        Figure("hosts: p50 before the cut, s", report.percentile([w for due, w in waits if due < cut_at - 1], 0.5)),
        Figure("hosts: p50 after the cut, s", report.percentile([w for due, w in waits if due > cut_at], 0.5)),
        Figure("hosts: slowest answer, s", max(wait for _, wait in waits)),
        Figure("hosts: promises broken", sum(map(len, verdict.broken.values()))),
    ]
    report.table(f"hosts on {stack.name}", [(one.name, f"{one.value:.4g}") for one in figures])
    broken = [(name, line) for name, lines in verdict.broken.items() for line in lines[:8]]
    report.table("Broken", broken)
    report.write("bench-hosts.json", {"figures": {one.name: one.value for one in figures}})
    return not broken and figures[0].value == figures[1].value
