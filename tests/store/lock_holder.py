"""A program: holds the write lock of the database given as its argument, says so, and lets go when its standard input ends."""

import sys

import apsw

connection = apsw.Connection(sys.argv[1])
connection.set_busy_timeout(10_000)  # somebody may be writing
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
