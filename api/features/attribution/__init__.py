"""Attribution: which clicks earn from what a customer did, how much, and why."""
