"""Why two walks are near or far: parts of the body, moments, likelihood ratios."""
