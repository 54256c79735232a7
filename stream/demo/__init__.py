"""`goldenhour demo`: a bank's day through a real broker and a real worker, told on the terminal as it happens."""
