"""A small merchant's site on loopback: a blog that recommends it, and a page that reads the cref."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# What docs/guides/tracking.md shows: the address first, then what was stored by an earlier visit.
WELCOME = """<!doctype html><title>Shop</title>
<h1>Welcome</h1>
<p>You came with <output id="cref"></output>.</p>
<button id="sign-up">Sign up</button><p id="done" hidden>Thank you</p>
<script>
  const fresh = new URLSearchParams(location.search).get("cref");
  if (fresh) localStorage.setItem("cref", fresh);
  const cref = localStorage.getItem("cref");
  document.getElementById("cref").textContent = cref;
  document.getElementById("sign-up").addEventListener("click", async () => {
    const answer = await fetch("%(api)s/api/attribution/identify", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ cref, userId: "customer-1" }),
    });
    document.getElementById("done").hidden = !answer.ok;
  });
</script>"""
BLOG = '<!doctype html><title>Blog</title><a href="%(link)s">The best shop</a>'


class Shop:
    """Where it is; what the blog links to is said later."""

    def __init__(self, api: str) -> None:
        self.words = {"api": api, "link": ""}
        self.address = ""

    @contextmanager
    def open(self) -> Iterator["Shop"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.address = f"http://localhost:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        words = self.words

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = {"/blog": BLOG, "/welcome": WELCOME}.get(self.path.partition("?")[0])
                body = (page or "") % words
                self.send_response(200 if page else 404)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        return Pages
