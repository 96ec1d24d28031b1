"""Problems of releases that several modules raise."""

from backend.problems import Problem


class RecipeRefused(Problem):
    """The recipe cannot be followed; `errors` names every fault."""

    slug, status, title = "recipe-refused", 422, "The recipe was not taken."


class VersionTaken(Problem):
    """The version exists with another recipe."""

    slug, status, title = "version-taken", 409, "This version exists already with another recipe."


class ReleaseNotSealed(Problem):
    """The version does not exist yet: there is nothing to give out."""

    slug, status, title = "release-not-sealed", 409, "This release is not sealed."


class ReleaseNotCancelable(Problem):
    """It is sealed, or about to be, or has ended otherwise."""

    slug, status, title = "release-not-cancelable", 409, "This release can no longer be canceled."
