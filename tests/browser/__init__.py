"""The pages in a real browser with a made microphone."""
