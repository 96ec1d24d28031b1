"""The path of a clip, told on real parts."""
