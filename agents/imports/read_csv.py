"""Tables as pieces: questions with answers as one each, anything else as one table.

Columns are known by their names in the first row, in the ten languages that the offline engine speaks.
"""

import csv
import io

from agents.imports.divide import plain, whole
from agents.imports.pieces import LONGEST_BODY, LONGEST_KEY, About, Piece, Unreadable
from agents.imports.text import decoded

QUESTIONS = {"question", "questions", "title", "q", "frage", "fragen", "titel", "titre", "pregunta", "título", "titulo"}
QUESTIONS |= {"domanda", "titolo", "pergunta", "vraag", "pytanie", "tytuł", "質問", "問い", "问题", "問題"}
ANSWERS = {"answer", "answers", "body", "content", "text", "a", "antwort", "antworten", "inhalt", "réponse", "reponse"}
ANSWERS |= {
    "contenu",
    "respuesta",
    "contenido",
    "risposta",
    "contenuto",
    "resposta",
    "conteúdo",
    "antwoord",
    "odpowiedź",
}
ANSWERS |= {"回答", "答え", "答案"}
MOST_ROWS = 5_000
LONGEST_CELL = 200_000  # characters


def read(body: bytes, about: About) -> list[Piece]:
    rows = _rows(decoded(body, about.charset))
    if not rows:
        return []
    names = [name.strip().casefold() for name in rows[0]]
    question = next((place for place, name in enumerate(names) if name in QUESTIONS), None)
    answer = next((place for place, name in enumerate(names) if name in ANSWERS), None)
    if question is None or answer is None:
        return whole(_table(rows), about.title)
    return _answers(rows[1:], question, answer)


def _rows(text: str) -> list[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = "excel"
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), dialect):
            if any(map(str.strip, row)):
                rows.append(row)
            if len(rows) > MOST_ROWS:
                raise Unreadable(f"The table has more than {MOST_ROWS:,} rows. Split it into several files.")
    except csv.Error as error:
        raise Unreadable(f"The table can't be read as CSV: {error}.") from None
    return rows


def _answers(rows: list[list[str]], question: int, answer: int) -> list[Piece]:
    """One piece for each question; of one that is asked twice, both answers."""
    found: dict[str, Piece] = {}
    for row in rows:
        asked, told = (row[place].strip() if place < len(row) else "" for place in (question, answer))
        if not asked or not told:
            continue
        key = " ".join(asked.casefold().split())[:LONGEST_KEY]
        before = f"{found[key].body}\n\n" if key in found else ""
        found[key] = Piece(key, plain(asked), (before + told)[:LONGEST_BODY])
    return list(found.values())


def _table(rows: list[list[str]]) -> str:
    width = max(map(len, rows))
    lines = ["| " + " | ".join(_cell(cell) for cell in [*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
