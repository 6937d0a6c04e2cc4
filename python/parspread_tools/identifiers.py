"""CUSIPs and ISINs: their check digits, and numbers written in letters."""


def cusip_check_digit(base: str) -> str:
    """Return the ninth character of a CUSIP.

    >>> cusip_check_digit("03783310")
    '0'
    """
    total = 0
    for place, character in enumerate(base):
        value = int(character, 36) * (1 + place % 2)
        total += value // 10 + value % 10
    return str(-total % 10)


def isin_check_digit(base: str) -> str:
    """Return the twelfth character of an ISIN.

    >>> isin_check_digit("US037833100")
    '5'
    """
    digits = "".join(str(int(character, 36)) for character in base)
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def base_36(number: int, width: int) -> str:
    """Return a number as `width` characters out of 0-9 and A-Z."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    characters = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        characters = alphabet[digit] + characters
    return characters
