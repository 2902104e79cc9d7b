"""`python -m cli`, which is what the launcher `./openpartner` runs."""

from cli.main import main

main()
