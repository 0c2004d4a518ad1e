"""SCIM 2.0 as a language (RFC 7643, 7644): text and JSON in, core values out. No HTTP, no SQL, no clock, no environment.

`models.py` says what an account is, `dialect.py` in what the two dialects differ; everything else is made from these two.
Requests become attributes here (`reading.py`, `patching.py`, `bulk.py`), filters become conditions (`filtering.py`), and stored
documents become answers (`projection.py`, `listing.py`). It sees `core`, and nothing of the doors or the store.
"""
