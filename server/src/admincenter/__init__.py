"""Admin Center: a self-hosted server that controls machine-to-machine API access.

The rooms: `core` is what the product is; `scim` (to come) is a language; `store` is the only room with SQL; `api` is the
machine door; `cli` is the command tree; `app.py` is where the rooms meet. `scim` and `store` see `core`; `api` and `cli`
see `core` and `scim`; only `app.py` and `cli/__init__.py` see `store`.
"""

__version__ = "0.1.0"
