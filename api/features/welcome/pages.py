"""Renders the pages, each with a content security policy that lets run nothing but our own."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from re import compile as pattern
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent / "templates"
STYLE = (FOLDER / "style.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "page.js").read_text(encoding="utf-8")
CODE = pattern(r"`([^`]+)`")

templates = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _with_code(text: str) -> Markup:
    """Escaped, with what stands between backticks set as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped just before


templates.filters["with_code"] = _with_code


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


# Named by their hashes: what an attacker might smuggle into a page has another one and does not run.
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src {_hash(STYLE)}",
        f"script-src {_hash(SCRIPT)}",
        "img-src data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def render(template: str, **values: Any) -> str:
    """The page's text; every value is escaped."""
    own = {"style": Markup(STYLE), "script": Markup(SCRIPT)}  # noqa: S704  # our own files
    return templates.get_template(template).render(**own, **values)


def page(text: str) -> HTMLResponse:
    """The page as an answer."""
    return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})
