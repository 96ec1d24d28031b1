"""How prompts are pronounced: words to sounds, by a dictionary, by rules, or by their letters."""
