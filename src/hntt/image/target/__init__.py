"""What runs on a commune PC and in its installer: standard library and Debian's programs only, relative imports.

On the PC it lies in ``/usr/lib/hntt/target`` and is imported as ``target``.
"""
