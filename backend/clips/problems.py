"""Problems of sessions and clips that several services raise."""

from backend.problems import Problem


class SessionUnknown(Problem):
    """No session of this collector has the id."""

    slug, status, title = "session-unknown", 422, "There is no such session."


class PromptUnknown(Problem):
    """The campaign has no such prompt."""

    slug, status, title = "prompt-unknown", 422, "There is no such prompt in this campaign."


class SiteUnknown(Problem):
    """The campaign has no such site."""

    slug, status, title = "site-unknown", 422, "There is no such site in this campaign."


class ConsentMissing(Problem):
    """The consent is not this speaker's, does not allow collecting, or was withdrawn."""

    slug, status, title = "consent-missing", 409, "There is no valid consent of this speaker."


class TooLong(Problem):
    """The take is longer than the campaign takes."""

    slug, status, title = "clip-too-long", 422, "The clip is longer than this campaign takes."


class TooManyBytes(Problem):
    """The file is larger than the campaign takes."""

    slug, status, title = "clip-too-large", 422, "The file is larger than this campaign takes."


class ClipWithdrawn(Problem):
    """The clip was withdrawn; nothing of it is taken or given any more."""

    slug, status, title = "clip-withdrawn", 410, "This clip was withdrawn."


class BatchTooLarge(Problem):
    """More items than one call takes."""

    slug, status, title = "batch-too-large", 413, "At most 100 items in one call."
