"""The site's own numbers, for whoever watches it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from web.site import site_of

router = APIRouter(tags=["Health"])


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Requests by route and status, and how long they took, in Prometheus's text form."""
    return Response(site_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
