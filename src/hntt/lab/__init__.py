"""The twin of the province on one Linux machine."""
