"""One file per legitimate pattern that looks like fraud; found by walking this folder."""
