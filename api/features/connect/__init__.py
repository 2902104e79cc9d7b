"""Connect: how a partner's own Stripe account comes to receive their payouts."""
