"""One file per claim; each prints, last, one JSON object a line for every claim it measures."""
