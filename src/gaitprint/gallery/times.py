"""Moments and days as a gallery keeps them: text that sorts, in UTC."""

from datetime import UTC, date, datetime, timedelta

from gaitprint.errors import ConfigError


def now() -> str:
    """This second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> str:
    """This day."""
    return now()[:10]


def days_from_now(days: float) -> str:
    """The second so many days later."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_day(text: str, name: str) -> None:
    """Refuse what is no day; an empty text is none, and stands for never.

    Raises:
        ConfigError: it is something else.
    """
    try:
        if text and date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError:
        raise ConfigError(f"{name} is a day such as 2031-05-31, found {text!r:.40}") from None
