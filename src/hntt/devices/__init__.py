"""Platforms of CLI devices: read, normalise, remediate, apply guarded."""
