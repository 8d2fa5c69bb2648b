"""How a webhook proves where it comes from: HMAC-SHA256 over the time and the body, by a secret both sides have."""

import hashlib
import hmac

SIGNATURE, TIMESTAMP, EVENT = "Gaitprint-Signature", "Gaitprint-Timestamp", "Gaitprint-Event-Id"
"""Headers. An event may come twice: its id is the same."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature's header.

    >>> sign("secret", "1700000000", b"{}")[:11]
    'v1=b8569b78'

    Args:
        secret: of the webhook.
        timestamp: seconds since 1970, as in its header.
        body: as it is sent.
    """
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def is_signed(secret: str, timestamp: str, body: bytes, signature: str, now: float, within: float = 300.0) -> bool:
    """Whether a webhook is genuine and not an old one that somebody sends again.

    Args:
        secret: of the webhook.
        timestamp: the header's value.
        body: as it came.
        signature: the header's value.
        now: seconds since 1970.
        within: so many seconds it may be old, or the clocks apart.
    """
    fresh = timestamp.isdecimal() and len(timestamp) < 15 and abs(now - int(timestamp)) <= within
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode()) and fresh
