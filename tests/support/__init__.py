"""What tests share: a server, a brand with its people, and a client that knows the contract."""
