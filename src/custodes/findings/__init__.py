"""Findings: what records say about listed makers, why, and how sure that is. Pure: nothing here opens anything."""
