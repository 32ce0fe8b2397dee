"""Everything that is seen: board, plain lines, tables, JSON, errors. Told what happened; asks nobody."""
