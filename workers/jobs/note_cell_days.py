"""Write down how a campaign's cells stand today; forecasts read these days."""

from uuid import UUID

from backend.coverage.days import note_cell_days as note_days
from workers.registry import JobRun, job


@job("note_cell_days")
def note_cell_days(run: JobRun) -> None:
    """Copy the counters into the day's rows; repeated, it writes them anew."""
    written = note_days(campaign_id=UUID(run.subject), now=run.now())
    run.progress(written, written)
