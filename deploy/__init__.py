"""Start the whole platform, and every real part of it, without Docker."""
