"""Money as whole minor units: what a currency can express, and the one way in which we round."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

# A currency has as many decimals as Stripe's API gives it, also where ISO 4217 says otherwise (MGA
# none; ISK, IQD and LYD two), because what we owe must be what we can send. UGX stands in Stripe's
# list of zero decimals and yet travels to Stripe in hundredths: whoever sends it multiplies.
ZERO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
THREE_DECIMALS = "BHD JOD KWD OMR TND"

# The rest of ISO 4217 as of 2026, but for codes without a unit to count (metals, test codes); and
# in the last line those that have retired in this decade, because past events were paid in them.
TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CLF CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD
LSL LYD MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN
PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYI UYU UYW UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
ANG BGN CUC HRK SLL ZWL
"""

DECIMALS: dict[str, int] = {
    **dict.fromkeys(ZERO_DECIMALS.split(), 0),
    **dict.fromkeys(TWO_DECIMALS.split(), 2),
    **dict.fromkeys(THREE_DECIMALS.split(), 3),
}

MAX_MINOR = 10**15
"""Ten trillion dollars in cents: above every honest amount, and far below what a bigint holds."""

_MAX_DIGITS = 40  # Before or after the point: refused before 1E+999999999 becomes an integer.


class MoneyError(ValueError):
    """An amount or a currency that we don't take; the message says which and why."""


def decimals_of(currency: str) -> int:
    if currency not in DECIMALS:
        raise MoneyError(f"{currency[:8]!r} is not an ISO 4217 currency code such as 'USD'.")
    return DECIMALS[currency]


def to_minor(amount: Decimal, currency: str) -> int:
    """40.00 USD is 4000. Refuses what the currency can't express; zeros at the end don't count."""
    decimals = decimals_of(currency)
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise MoneyError("An amount must be a finite number.")
    if exponent < -_MAX_DIGITS:
        raise MoneyError(f"{currency} amounts have at most {decimals} decimals.")
    if amount.adjusted() > _MAX_DIGITS:
        raise MoneyError("The amount is too large.")
    minor: Fraction = Fraction(amount) * 10**decimals
    if minor.denominator != 1:
        raise MoneyError(f"{currency} amounts have at most {decimals} decimals.")
    if abs(minor) > MAX_MINOR:
        raise MoneyError("The amount is too large.")
    return minor.numerator


def to_major(minor: int, currency: str) -> str:
    """4000 USD is "40.00", 1000 JPY is "1000", 1234 KWD is "1.234"."""
    return _pointed(minor, decimals_of(currency))


def to_exact_major(minor: Fraction, currency: str) -> str:
    """An amount before its rounding, for people: "0.145", "13.333333…"."""
    decimals = decimals_of(currency)
    for places in range(5):
        shifted = minor * 10**places
        if shifted.denominator == 1:
            return _pointed(shifted.numerator, decimals + places)
    return _pointed(int(minor * 10**4), decimals + 4) + "…"


def _pointed(value: int, decimals: int) -> str:
    digits = str(abs(value)).zfill(decimals + 1)
    point = len(digits) - decimals
    text = f"{digits[:point]}.{digits[point:]}" if decimals else digits
    return f"-{text}" if value < 0 else text


def half_up(numerator: int | Fraction, denominator: int = 1) -> int:
    """The nearest integer, halves away from zero, so that a refund mirrors its sale."""
    exact = Fraction(numerator, denominator)
    nearest = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return nearest if exact >= 0 else -nearest


def percent_of(minor: int, percent: Decimal) -> int:
    """The share rounded once, half up: 2.9 % of 500 is 14.5, so 15."""
    return half_up(minor * Fraction(percent) / 100)


def apportion(exact: Sequence[Fraction]) -> list[int]:
    """Round many amounts as one: the parts add up to the rounded sum, each less than 1 from exact.

    Largest remainder: every part is rounded down, and what is then missing to the rounded sum goes,
    unit by unit, to the parts that lost most, among equals to the later one. A part that was exact
    stays so: no more units can be missing than there are parts that lost something.
    """
    if sum(exact) < 0:
        return [-part for part in apportion([-amount for amount in exact])]
    parts = [amount.numerator // amount.denominator for amount in exact]
    missing = half_up(sum(exact, Fraction(0))) - sum(parts)
    most_lost_first = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], -i))
    for i in most_lost_first[:missing]:
        parts[i] += 1
    return parts


def split(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Divide a total by weights that sum to at most 1; when they sum to 1, so do parts to total."""
    return apportion([total * weight for weight in weights])
