"""Meetings held in the lab, with real units, browsers and SIP clients, and what each of them sees and hears."""
