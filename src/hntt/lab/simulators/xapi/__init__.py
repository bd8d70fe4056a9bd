"""A simulated video unit: the documented xAPI over real SSH, in front of a real SIP client.

Simulator: nothing here is a vendor's software. Grammar and paths follow published documentation and samples; what
``xStatus`` says about registration and calls is what the SIP client behind it (baresip) says.

The package stands alone, with asyncssh and PyYAML only, so that it can be copied onto a lab host.
"""
