"""What Stripe takes: whole units in some currencies, a last digit of 0 in others, and its own units."""

# Charged with two decimals, paid out without.
WHOLE_UNITS = {"HUF": 100, "ISK": 100, "TWD": 100}
THREE_DECIMALS = dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10)
STEPS = WHOLE_UNITS | THREE_DECIMALS
# Listed without decimals, and yet sent in hundredths.
HUNDREDTHS = {"UGX"}


def sendable(amount_minor: int, currency: str) -> int:
    """The most of it that Stripe transfers; what is left over stays the partner's."""
    return amount_minor - amount_minor % STEPS.get(currency, 1)


def in_stripes_units(amount_minor: int, currency: str) -> int:
    """What `amount` of a transfer has to say."""
    return amount_minor * 100 if currency in HUNDREDTHS else amount_minor


def in_our_units(amount: int, currency: str) -> int:
    """The other way round; what isn't a whole unit of ours can't have been sent by us."""
    return amount // 100 if currency in HUNDREDTHS else amount
