"""Evidence of one case: gathered into one self-contained file, checked and re-derived from the transactions, shown as a page.

form.py says what the file is; gathering.py fills it; checks.py and rederiving.py hold it against itself and against a log; the page
(page.py, telling.py, pictures.py) shows it and adds nothing. All of it is plain functions of its input but for openings.py.
"""
