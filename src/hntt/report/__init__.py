"""Reports for people (text, HTML) and machines (JSON, JUnit)."""
