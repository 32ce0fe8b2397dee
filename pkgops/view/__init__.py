"""What is shown: board, plain lines, tables, JSON, errors. Gets events and results; makes no requests."""
