"""One file per fraud pattern; found by walking this folder (see `models/detector.py`)."""
