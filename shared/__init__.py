"""What the API and the router must agree on: tables, how to reach them, shared formats."""
