"""Who is told of answers; they are made on the command line alone."""

from dataclasses import dataclass

from fastapi import APIRouter

from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.service.webhooks import Webhook

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["service"])


@dataclass(frozen=True)
class WebhookList:
    """All webhooks, without their secrets."""

    webhooks: list[Webhook]


@router.get("/webhooks", **needs("admin"))
async def list_webhooks(service: Served, key: Caller) -> WebhookList:
    """List who is told of answers, what waits for them, and what the last failed try met."""
    key.require_everything("the list of webhooks")
    return WebhookList(await service.lookups.run(service.webhooks.known))
