"""Partner sign-up: people who become partners by themselves, as far as the brand lets them."""
