"""Steps that make and change the tables."""
