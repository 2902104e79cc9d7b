"""Program settings: what the program is called, and where its people ask for help."""
