"""HTTP endpoints, uploads, errors and concurrency."""
