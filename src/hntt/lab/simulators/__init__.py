"""Simulated routers behind real SSH: for tests, and for the lab where no containers can be had."""
