"""Measures Waypost against references that run at the same time on the same machine; see docs/performance.md."""
