"""Meetings: who belongs in which room, the legs between rooms, what is going on now."""
