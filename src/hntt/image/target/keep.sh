#!/bin/sh
# RAUC's handler before an installation: one that fails ends it, and nothing has been written.
cd /usr/lib/hntt && exec /usr/bin/python3 -s -B -m target.keep
