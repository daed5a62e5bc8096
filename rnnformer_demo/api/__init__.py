"""HTTP endpoints, streams of the page, uploads, exports and errors."""
