"""What is suspicious, and why: the pure core of Golden Hour.

"Models" means detection models. The wire records are in `records.py`. Nothing here reads a clock, a file, a socket or the
environment; time, policy and randomness are arguments, so that the same input gives the same decision everywhere.
"""
