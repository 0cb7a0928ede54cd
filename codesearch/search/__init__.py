"""From a query to ranked results: candidates, scores, priors, diversity. Reads a snapshot and an encoder only."""
