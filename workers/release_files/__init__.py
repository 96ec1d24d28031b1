"""The files of a release, byte by byte; the only place that knows pyarrow."""
