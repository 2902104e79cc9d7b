"""Mail settings: how a workspace's mail leaves, when it should not leave as the installation's does."""
