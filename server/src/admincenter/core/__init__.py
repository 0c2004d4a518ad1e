"""What the product is: integrations, permissions, allowlists, tokens, audit events, and the one decision.

Standard library and `cryptography` only: no HTTP, no SQL, no clock, no environment. Functions are plain and synchronous;
those that change something take an open transaction (`ports.Tx`) and return what happened (`ports.Change`).
"""
