"""What ends a command about images with a sentence instead of a traceback."""

from __future__ import annotations

from hntt.errors import HnttError


class ImageError(HnttError):
    """An image, key, seed or token that can't be made or trusted; the text says which and what to do."""
