"""The filter of system calls."""
