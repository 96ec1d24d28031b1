"""What leaves the house: selections, splits, shards, manifests."""
