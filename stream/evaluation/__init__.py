"""How good a replay was: its outputs against labels and planted stories, as figures, one page and one JSON.

`reading` and `stories` bring the files into memory; `measures`, `alarms`, `cases`, `comparison`, `freezes` and `lookalikes` count;
`goals` holds the figures against what was promised; `figures` puts all into one object; `pictures` and `page` show that object and
count nothing themselves. No clock and no chance: the same files give the same bytes.
"""
