"""The web process: who speaks, what is asked, and the clip on its way to a release."""
