"""What claims are measured with: small networks and tasks, a clock, intervals, results and their files."""
