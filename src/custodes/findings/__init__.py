"""Statements about records: names, products, surveillance words, rules. Pure: opens nothing."""
