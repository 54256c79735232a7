"""Proposes a column mapping from the head of a table: names and shapes of columns tell what they are, each with its reason.

`roles.py` knows names, `shapes.py` looks at cells, `proposal.py` puts both together, `writing.py` writes the TOML. What a table
cannot tell is left open with a mark that no mapping is read with. No cell is repeated but the codes of a code column.
"""
