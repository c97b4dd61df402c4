"""What people decide about findings, append-only and chained."""
