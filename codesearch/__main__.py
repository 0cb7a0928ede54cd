"""`python -m codesearch` is `codesearch`."""

from codesearch.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
