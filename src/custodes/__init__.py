"""custodes: from evidence to removal."""

__version__ = "0.1.0"
