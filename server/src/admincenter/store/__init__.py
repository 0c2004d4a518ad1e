"""The only room with SQL: engines, migrations, the writer, the executor, and one file of statements a noun.

Sees `core` and nothing else of the product. Everything above talks to it through `core.ports`.
"""
