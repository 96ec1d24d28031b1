"""Find the campaign that a call names, and say what it may not be used for."""

from rest_framework.request import Request

from backend.accounts.permissions import require
from backend.campaigns.models import Campaign
from backend.problems import NotFound


def campaign_for(request: Request, slug: str, verb: str) -> Campaign:
    """Return the campaign when the caller holds the verb in it.

    Raises NotFound for one that does not exist or is none of the caller's business, NotAllowed
    when only the verb is missing.
    """
    campaign = Campaign.objects.filter(slug=slug).first()
    if campaign is None:
        raise NotFound()
    require(request, verb, campaign.id)
    return campaign
