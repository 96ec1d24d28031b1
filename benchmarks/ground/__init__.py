"""What benchmarks stand on: a platform of their own, a load beside it, claims to print."""
