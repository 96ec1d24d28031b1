"""The pack: everything of a campaign that a phone needs to work offline for days."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from backend.campaigns.models import Campaign, Prompt, Site
from backend.campaigns.services import current_profile
from backend.speakers.bands import DEFAULT_BANDS, bands_of
from backend.speakers.models import ConsentForm


class PromptOut(serializers.Serializer[Any]):
    """A prompt as a phone shows it."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["read", "question", "hotword", "command"])
    text = serializers.CharField()
    language = serializers.CharField()
    direction = serializers.ChoiceField(choices=["ltr", "rtl"])
    max_seconds = serializers.IntegerField()
    repeats = serializers.IntegerField()
    block = serializers.CharField()
    has_audio = serializers.BooleanField()


class PromptsOut(serializers.Serializer[Any]):
    """Prompts to record next."""

    prompts = PromptOut(many=True)


class ConsentFormOut(serializers.Serializer[Any]):
    """A consent form in one language."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    locale = serializers.CharField()
    text = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    sha256 = serializers.CharField()


class PackProfileOut(serializers.Serializer[Any]):
    """The quality rules, the same document by which the server judges."""

    version = serializers.IntegerField()
    rules = serializers.ListField(child=serializers.DictField())


class BandOut(serializers.Serializer[Any]):
    """An age band: its ages from the first to the last, both in it."""

    name = serializers.CharField()
    to = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which is no name in Python."""
        return {"from": serializers.IntegerField()} | super().get_fields()


class CampaignFacts(serializers.Serializer[Any]):
    """What the phone shows and keeps to."""

    slug = serializers.CharField()
    name = serializers.CharField()
    language = serializers.CharField()
    state = serializers.CharField()
    max_seconds = serializers.IntegerField()
    max_bytes = serializers.IntegerField()
    dimensions = serializers.ListField(child=serializers.CharField())
    bands = BandOut(many=True)


class SiteOut(serializers.Serializer[Any]):
    """A place where speakers are recruited."""

    slug = serializers.CharField()
    name = serializers.CharField()


class PackOut(serializers.Serializer[Any]):
    """The pack."""

    campaign = CampaignFacts()
    consent_forms = ConsentFormOut(many=True)
    demographics = serializers.ListField(child=serializers.DictField())
    sites = SiteOut(many=True)
    prompts = PromptOut(many=True)
    quality_profile = PackProfileOut()


def prompt_facts(prompt: Prompt) -> dict[str, Any]:
    """Return a prompt as the API shows it."""
    return {
        "id": str(prompt.id),
        "revision": prompt.revision,
        "kind": prompt.kind,
        "text": prompt.text,
        "language": prompt.language,
        "direction": prompt.direction,
        "max_seconds": prompt.max_seconds,
        "repeats": prompt.repeats,
        "block": prompt.block,
        "has_audio": bool(prompt.audio_key),
    }


def build_pack(campaign: Campaign, prompts: Iterable[Prompt]) -> dict[str, Any]:
    """Return the pack of a campaign with the prompts that were chosen for it."""
    forms = ConsentForm.objects.filter(campaign=campaign, retired_at=None).order_by(
        "version", "locale"
    )
    profile = current_profile(campaign_id=campaign.pk)
    return {
        "campaign": {
            "slug": campaign.slug,
            "name": campaign.name,
            "language": campaign.language,
            "state": campaign.state,
            "max_seconds": campaign.max_seconds,
            "max_bytes": campaign.max_bytes,
            # Of what a coverage cell is made: the phone knows a speaker's cell without a network.
            "dimensions": campaign.dimensions,
            "bands": [
                {"name": band.name, "from": band.first, "to": band.last}
                for band in bands_of(campaign.targets) or DEFAULT_BANDS
            ],
        },
        "consent_forms": [
            {
                "id": str(form.id),
                "version": form.version,
                "locale": form.locale,
                "text": form.text,
                "scopes": form.scopes,
                "sha256": form.sha256,
            }
            for form in forms
        ],
        "demographics": campaign.demographics,
        "sites": [
            {"slug": site.slug, "name": site.name}
            for site in Site.objects.filter(campaign=campaign).order_by("name", "slug")
        ],
        "prompts": [prompt_facts(prompt) for prompt in prompts],
        "quality_profile": {"version": profile.version, "rules": profile.rules},
    }
