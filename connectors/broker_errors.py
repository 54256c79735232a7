"""The error of everything that speaks with a broker."""


class BrokerError(Exception):
    """The broker cannot be reached, refused something, or did not answer in time.

    Neither our records nor our code are at fault. The text says what failed and what to do, and names no key or value.
    """
