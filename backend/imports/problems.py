"""Problems of a rescued copy: of the whole file, and of one clip in it."""

from backend.problems import Problem


class ImportTooLarge(Problem):
    """The file is larger than one import takes."""

    slug, status, title = "import-too-large", 422, "The file is larger than one import takes."


class CollectorUnknown(Problem):
    """No phone of this campaign belongs to the clip's collector."""

    slug, status, title = "collector-unknown", 422, "No phone of this campaign recorded this."


class OtherCampaign(Problem):
    """The clip was recorded for another campaign than the one it is imported into."""

    slug, status, title = "other-campaign", 422, "This was recorded for another campaign."
