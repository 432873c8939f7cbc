from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "tests.bench"
    label = "bench"

    def ready(self) -> None:
        from agents.engines.registry import ENGINES
        from gateways.registry import ADAPTERS
        from tests.bench.loopback import Echo, Loopback

        ENGINES["echo"] = Echo
        ADAPTERS["loopback"] = Loopback
