"""The manual within the site."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from experiments.problem import NotFound
from web.manual import DOCS, PARTS, PICTURES, chapter
from web.pages import render

router = APIRouter()


@router.get("/help")
def contents(request: Request) -> Response:
    """Every chapter."""
    parts = [(part, [chapter(name) for name in names]) for part, names in PARTS]
    return render(request, "help/contents.html", {"parts": parts})


@router.get("/help/{name}")
def show(request: Request, name: str) -> Response:
    """A chapter, or a picture that one shows."""
    if name in PICTURES:
        return FileResponse(DOCS / name)
    try:
        return render(request, "help/chapter.html", {"chapter": chapter(name)})
    except KeyError:
        raise NotFound("chapter", name) from None
