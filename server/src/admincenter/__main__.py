"""`python -m admincenter` is the command `admincenter`."""

from admincenter.cli import main

if __name__ == "__main__":
    main()
