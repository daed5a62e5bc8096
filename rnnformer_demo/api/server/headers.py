"""Security headers of every answer, as pure ASGI: streams pass through as they come."""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EMBEDDERS = "'self' https://huggingface.co https://*.hf.space"  # a Space is shown in a frame of Hugging Face
# Gradio makes a function of the text that mounts the explorer, and sets styles on elements.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": _EMBEDDERS,
}
_OTHERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def policy(page: bytes = b"") -> str:
    """Return the content security policy, which lets those inline scripts run that a page came with, and no other."""
    hashes = {base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page)}
    allowed = "".join(f" 'sha256-{each}'" for each in sorted(hashes))
    return "; ".join(f"{name} {value}{allowed if name == 'script-src' else ''}" for name, value in _POLICY.items())


class SecurityHeaders:
    """Adds the headers; of HTML, the whole text is awaited first, as the policy names its scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        page = bytearray()

        async def add(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_OTHERS)
                if headers.get("content-type", "").startswith("text/html"):
                    start = message
                    return
                headers["content-security-policy"] = policy()
            elif start:
                page.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                MutableHeaders(scope=start)["content-security-policy"] = policy(bytes(page))
                await send(start)
                message = {**message, "body": bytes(page)}
            await send(message)

        await self.app(scope, receive, add)
