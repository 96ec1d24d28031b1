"""Find a speaker's cell by the plan that holds now; what is kept of it may be of an older one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from backend.campaigns.models import Campaign
from backend.speakers.bands import bands_of
from backend.speakers.cells import cell_key
from backend.speakers.models import Speaker


def cell_by_plan(*, campaign: Campaign, demographics: Mapping[str, Any], on: date) -> str:
    """Return the cell of what somebody said of themselves on that day."""
    return cell_key(demographics, campaign.dimensions, on, bands_of(campaign.targets))


def current_cell(*, speaker: Speaker, campaign: Campaign) -> str:
    """Return the speaker's cell by the campaign's present binning.

    A changed plan reaches the speakers' rows one by one (backend.clips.rebinning); whoever meets
    one of them before finds the same cell as the job will. The age is that of the year in which
    the speaker was first met, whenever it is asked for.
    """
    if speaker.binning == campaign.binning:
        return speaker.cell
    return cell_by_plan(
        campaign=campaign, demographics=speaker.demographics, on=speaker.created_at.date()
    )
