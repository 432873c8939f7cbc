import pytest

from conversations.chat.colours import DARK, LIGHT, contrast, readable_on


@pytest.mark.parametrize(
    ("background", "text"),
    [
        ("#000000", LIGHT),
        ("#3056d3", LIGHT),
        ("#b3261e", LIGHT),
        ("#ffffff", DARK),
        ("#ffd400", DARK),
        ("#7fd1ae", DARK),
    ],
)
def test_text_on_a_colour_can_be_read(background: str, text: str) -> None:
    assert readable_on(background) == text
    assert contrast(text, background) >= 4.5


def test_contrast_is_what_the_standard_says() -> None:
    assert (contrast("#ffffff", "#000000"), contrast("#123456", "#123456")) == (21, 1)
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
