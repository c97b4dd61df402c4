"""The public view as plain rows, then pages, tables and sheets."""
