"""The machine door: HTTP in, one gate, a handler, an answer.

`routes.py` is the table; `gate.py` takes the numbered steps that no handler can skip; `answers.py` turns a refusal into status
and body. Sees `core` and `scim`, never `store`: what it needs of storage comes in as `storage.Storage`.
"""
