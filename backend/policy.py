"""Who may do what: one literal table of roles and verbs; what is not in it is denied."""

from typing import Final

COLLECTOR: Final = "collector"
VENDOR: Final = "vendor"
MANAGER: Final = "manager"
SCIENTIST: Final = "scientist"
OPERATOR: Final = "operator"

_READ = {"campaign.read", "coverage.read", "prompt.read", "clip.read", "clip.list", "release.read"}

ROLES: Final[dict[str, frozenset[str]]] = {
    # A collector's verbs work through a device and reach only what that collector recorded.
    COLLECTOR: frozenset(
        {
            "pack.read",
            "prompt.read",
            "speaker.write",
            "consent.write",
            "session.write",
            "clip.record",
            "clip.read",
            "clip.withdraw",
            "device.report",
        }
    ),
    # A vendor works in Label Studio; here it sees its own scorecard.
    VENDOR: frozenset({"vendor.read"}),
    SCIENTIST: frozenset(_READ | {"clip.hear", "release.build", "evaluation.write"}),
    MANAGER: frozenset(
        _READ
        | {
            "campaign.create",
            "campaign.write",
            "enrolment.issue",
            "device.manage",
            "prompt.import",
            "clip.hear",
            "clip.review",
            "clip.withdraw",
            "clip.import",
            "profile.read",
            "profile.write",
            "targets.write",
            "release.build",
            "evaluation.write",
            "vendor.read",
            "job.read",
            "job.retry",
        }
    ),
    OPERATOR: frozenset(
        {"campaign.read", "campaign.create", "job.read", "job.retry", "vendor.read"}
    ),
}

# Verbs that need no sign-in at all: the way in, and the links that carry their own signature.
PUBLIC: Final = "public"
# Verbs that any signed-in person or device holds (their own self).
SIGNED_IN: Final = "signed-in"

VERBS: Final = frozenset().union(*ROLES.values()) | {PUBLIC, SIGNED_IN}


def roles_with(verb: str) -> frozenset[str]:
    """Return the roles that hold a verb."""
    return frozenset(role for role, verbs in ROLES.items() if verb in verbs)
