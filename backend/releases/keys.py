"""Pure: where the files of a release lie in the bucket."""


def release_prefix(campaign: str, version: str) -> str:
    """Return the prefix of all keys of a version; slugs and versions hold no personal data."""
    return f"datasets/{campaign}/{version}/"


def release_key(campaign: str, version: str, path: str) -> str:
    """Return the key of one file of a version."""
    return release_prefix(campaign, version) + path
