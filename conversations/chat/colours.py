"""Colours that can be read, computed as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio says."""

LIGHT = "#ffffff"
DARK = "#14161a"


def readable_on(background: str) -> str:
    """Of white and near black, the one that stands out more on `background`, a colour like #3056d3."""
    return max(LIGHT, DARK, key=lambda colour: contrast(colour, background))


def contrast(one: str, other: str) -> float:
    """Between 1, the same, and 21, black on white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
