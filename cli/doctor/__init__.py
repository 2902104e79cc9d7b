"""`openpartner doctor`: examines an installation, and says what to fix."""
