"""Which ink can be read on a color that a brand chose: pure arithmetic, after WCAG 2."""

LIGHT, DARK = "#ffffff", "#0b0d10"


def ink_on(color: str) -> str:
    """White or nearly black, whichever stands out more."""
    return LIGHT if _contrast(color, LIGHT) >= _contrast(color, DARK) else DARK


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(channel: float) -> float:
    if channel <= 0.04045:  # noqa: PLR2004  # where sRGB's curve begins
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
