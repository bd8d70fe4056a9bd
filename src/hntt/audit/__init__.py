"""Read the whole fleet at once, compare with the intent, group the differences."""
