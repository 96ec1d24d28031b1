"""The worker process: everything that touches audio or waits for somebody else."""
