"""How good answers are: judged queries, where they come from, what is compared and what it comes to."""
