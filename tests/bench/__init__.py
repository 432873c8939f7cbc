"""`make bench` and `make chaos`: the promises under fire, and the speed, measured on the real processes.

platform.py   the loopback platform: takes deliveries, fails in every way, keeps a log
loopback.py   the adapters' and the engine's side of it, registered by apps.py under settings.py
load.py       customers: signed events at a rate, in bursts, with copies and retries; a ledger of what was acked
people.py     people who take conversations over and give them back
servers.py    PostgreSQL, Valkey and RabbitMQ of our own, which may be killed
stack.py      the site's processes on them, each in a process group of its own
facts.py      what the database says in the end
reconcile.py  ledger, log and facts held against each other: the promises, or how they were broken
chaos.py      all of that at once
measure.py    how fast; its bounds stand at its top
peers.py      the same job on n8n and Node-RED, beside ours; nodejs.py installs and runs them, flows.py tells them what
"""
