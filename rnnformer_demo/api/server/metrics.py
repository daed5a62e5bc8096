"""Figures of the server in Prometheus' format, at /metrics."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.requests import Request
from starlette.responses import Response

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, processor time, open files
GCCollector(registry=REGISTRY)
REQUESTS = Counter("rnnformer_requests", "Requests that ended, by outcome", ["kind", "outcome"], registry=REGISTRY)
SECONDS = Histogram("rnnformer_request_seconds", "Seconds of work", ["kind"], buckets=_SECONDS, registry=REGISTRY)
RUNNING = Gauge("rnnformer_running", "Requests that are being worked on", registry=REGISTRY)
REFUSALS = Counter("rnnformer_refusals", "Requests that were sent away, by reason", ["reason"], registry=REGISTRY)
_WAITING = Gauge("rnnformer_queue_waiting", "Requests that wait for their turn", registry=REGISTRY)
_LOADED = Gauge("rnnformer_models_loaded", "Models that are loaded", registry=REGISTRY)


def watch(waiting: Callable[[], int], loaded: Callable[[], int]) -> None:
    """Read the length of the queue and the number of models from functions whenever the figures are asked for."""
    _WAITING.set_function(waiting)
    _LOADED.set_function(loaded)


def metrics(_request: Request) -> Response:
    """Answer with all figures."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
