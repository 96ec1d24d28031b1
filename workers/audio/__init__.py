"""Sound: the only door to the audio libraries. No Django and no network here."""
