"""Whether a click is ever lost: faults under load, and every answered click looked for afterwards."""
