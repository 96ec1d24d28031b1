"""Models that score a clip after its signal: was the text read, by whom, how does it sound."""
