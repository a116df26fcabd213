"""Adds what schemathesis cannot derive from the document."""

import base64
import hashlib
import hmac
import os
import time

import requests
import schemathesis
from hypothesis import strategies as st

# The format allows far more than servers accept as an email address.
schemathesis.openapi.format("email", st.from_regex(r"[a-z0-9]{1,12}@[a-z0-9]{1,12}\.example", fullmatch=True))

SECRET = base64.b64decode(os.environ["CLERK_WEBHOOK_SECRET"].removeprefix("whsec_"))


class SvixSignature(requests.auth.AuthBase):
    """Signs a webhook as Svix does, so that not every request fails because of its signature."""

    def __call__(self, request):
        message_id, timestamp = "msg_schemathesis", str(int(time.time()))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        signed = b".".join([message_id.encode(), timestamp.encode(), body])
        signature = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
        request.headers["svix-id"] = message_id
        request.headers["svix-timestamp"] = timestamp
        request.headers["svix-signature"] = f"v1,{signature}"
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path == "/webhooks/clerk" and case.meta and case.meta.generation.mode.is_positive:
        kwargs["auth"] = SvixSignature()


@schemathesis.hook
def map_body(context, body):
    """Replaces each username that the document allows by one that also follows Clerk's own rules."""
    if isinstance(body, dict) and isinstance(body.get("username"), str) and 2 <= len(body["username"].strip()) <= 50:
        name = hashlib.sha256(body["username"].encode("utf-8", "replace")).hexdigest()
        return {**body, "username": f"user_{name[:12]}"}
    return body
