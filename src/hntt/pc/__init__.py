"""What runs on a commune's PC itself: is it well, is a meeting on, its nights, its camera. Standard library only."""
