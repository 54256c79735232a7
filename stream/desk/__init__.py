"""The desk: a web page for the police liaison and the bank's anti-fraud desk. It reads topics and owns no truth.

`board`, `standing`, `history`, `flow`, `acts` and `roles` are plain functions of records and of the time handed in; the rest
is the edge.
"""
