"""What each device should look like: rendered text or declared state."""
