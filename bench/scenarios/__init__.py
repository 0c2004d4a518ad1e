"""The scenarios: one file each, with `run(ground)`, which gives its figures. `bench/catalogue.py` lists them."""
