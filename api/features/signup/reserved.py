"""Names that no brand may have, because addresses of ours or of portals stand under them."""

RESERVED = frozenset(
    {
        "admin", "api", "app", "auth", "default", "docs", "help", "login", "network", "platform",
        "public", "signup", "static", "status", "support", "www",
        # Beside those that clients know: addresses of ours, and what people would take for us.
        "account", "billing", "creator", "creator-api", "creators", "health", "install",
        "metrics", "openpartner", "platform-admin", "ready", "root", "security", "session",
        "signin", "signout", "uploads", "webhooks", "workspaces",
    }
)  # fmt: skip
