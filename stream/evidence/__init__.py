"""Evidence of one case: gathered into one self-contained file, checked and re-derived from the transactions, shown as a page.

form.py says what the file is; gathering.py and making.py fill it; checks.py and rederiving.py hold it against itself and against a
log; page.py shows it and adds nothing. These are plain functions of their input; sources.py, openings.py and printing.py touch
files, clusters and a browser.
"""
