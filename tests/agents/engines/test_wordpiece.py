"""Texts as word pieces, the way BERT's models expect them."""

import pytest

from agents.engines.wordpiece import WordPieces

VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "card", "re", "##fund", "##s", "?", "cafe", "返", "don", "'", "t")


@pytest.fixture
def pieces(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(VOCABULARY), encoding="utf-8")
    return WordPieces(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Card?", "card ?"),
        ("refunds", "re ##fund ##s"),
        ("CAFÉ", "cafe"),
        ("don't", "don ' t"),
        ("返返", "返 返"),
        ("re\x00fund\u200b", "re ##fund"),
        ("rex card", "[UNK] card"),
        ("card" + "s" * 200, "[UNK]"),
        ("", ""),
    ],
    ids=["sign", "pieces", "accent", "apostrophe", "ideographs", "invisible", "unknown", "too long", "nothing"],
)
def test_a_text_becomes_pieces(pieces, text, found):
    numbers = pieces.numbers(text, 128)
    assert [VOCABULARY[number] for number in numbers] == ["[CLS]", *found.split(), "[SEP]"]


def test_a_long_text_is_cut(pieces):
    assert len(pieces.numbers("card " * 50, 16)) == 16
