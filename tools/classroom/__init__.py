"""Hand out the assignments, run what comes back in a sandbox, grade it."""
