"""The Starlark of ytt templates: lexer, parser, and a compiler from syntax to Python closures.

The dialect is that of starlark-go with the switches that ytt sets: floats, sets, lambdas,
nested functions, bitwise operators, recursion and reassignment of globals are allowed, blocks
end with ``end`` instead of by indentation. This package is independent of YAML.
"""
