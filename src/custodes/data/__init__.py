"""Not code: fact tables, header maps and policies that ship with custodes; each row with its source. See README.md beside this file."""
