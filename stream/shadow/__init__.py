"""A second policy on the same inputs, and what it would change: `run.py` runs it, `difference.py` compares what came out."""
