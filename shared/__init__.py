"""What the API and the router must agree on: tables, how to reach them, and what one writes and the other reads."""
