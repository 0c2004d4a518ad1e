"""How fast the server is: each scenario beside the bare floor of the same run (`make bench`; docs/performance.md says how)."""
