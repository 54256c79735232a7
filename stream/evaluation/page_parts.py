"""What every part of the page is made of: paragraphs, tables, figures."""

from collections.abc import Iterable, Sequence
from html import escape

EMPTY_CASES = "No cases were given (--cases), so nothing can be said of cases, money or look-alikes here."


def section(title: str, body: str) -> str:
    """Return a titled part of the page."""
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>"


def prose(*sentences: str) -> str:
    """Return paragraphs of plain text."""
    return "".join(f"<p>{escape(sentence)}</p>\n" for sentence in sentences)


def figure(picture: str) -> str:
    """Return a picture that is not torn between two printed pages."""
    return f"<figure>{picture}</figure>\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; names are plain text, cells are markup."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'


def cells(*values: str) -> list[str]:
    """Return plain texts as cells."""
    return [escape(value) for value in values]
