"""Rescue: what a phone could not send is taken in from the copy that it saved as a ZIP."""
