"""Whether anything is lost or done twice when hosts of an installation vanish, one after another."""
