"""What an operator's scraper is told of the counters' proofs."""

from prometheus_client import CollectorRegistry, Gauge

from backend.coverage.models import CounterProof


def tell_proofs(registry: CollectorRegistry) -> None:
    """Add when each campaign was last recounted, and how many rows were wrong then."""
    wrong = Gauge(
        "fieldvoice_counters_wrong",
        "Rows of counters that the newest recount found wrong, by campaign and kind of row",
        ["campaign", "rows"],
        registry=registry,
    )
    proved = Gauge(
        "fieldvoice_counters_proved_timestamp_seconds",
        "When the campaign's clips were last counted anew",
        ["campaign"],
        registry=registry,
    )
    proofs = CounterProof.objects.exclude(at=None).values_list(
        "campaign__slug", "at", "wrong_cells", "wrong_speakers"
    )
    for slug, at, cells, speakers in proofs:
        wrong.labels(campaign=slug, rows="cells").set(cells)
        wrong.labels(campaign=slug, rows="speakers").set(speakers)
        if at is not None:
            proved.labels(campaign=slug).set(at.timestamp())
