"""One file per service that we do not own; nobody else imports its library."""
