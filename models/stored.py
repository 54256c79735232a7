"""What every reader of stored state raises when it cannot read it."""


class StoredStateError(ValueError):
    """Something in `state` cannot be read: spoilt, or of another format. The text names kinds and versions, never keys."""
