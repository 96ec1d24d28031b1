"""Sound: decoding, measuring and deriving, without database or store."""
