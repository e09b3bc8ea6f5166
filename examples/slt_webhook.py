#!/usr/bin/python3
"""Posts what slt announces to an URL: a consumer of its events (Python 3, psycopg2; Debian: python3-psycopg2).

Each event is one POST of a JSON object with the columns of slt_events, in order.  Anything but an answer of 2xx is tried
again, later each time, and later events wait; nothing is lost, but one may come twice: X-Slt-Event is the same then.
slt-webhook.service starts it.  Its role needs the rights that slt_mail.py names.

Environment: SLT_DSN (how to connect; options=-csearch_path=... if slt is in a schema of its own), SLT_CONSUMER
(webhook), WEBHOOK_URL, WEBHOOK_SECRET.

Whoever receives it checks that
    X-Slt-Signature = "sha256=" + hex(HMAC-SHA-256(secret, X-Slt-Timestamp + "." + body))
and that X-Slt-Timestamp (seconds of 1970) is of the last five minutes, so that nobody else can send events or send
them again.
"""
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import select
import sys
import time
import urllib.request

import psycopg2

CONSUMER = os.environ.get("SLT_CONSUMER", "webhook")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Makes a redirect an error; followed, the POST would become a GET."""

    def redirect_request(self, *arguments):
        return None


HTTP = urllib.request.build_opener(NoRedirects)


def sign(timestamp, body):
    """Signs a body, with the time it is sent at."""
    secret = os.environ["WEBHOOK_SECRET"].encode()
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def deliver(event):
    """Posts an event; raises an error unless it is accepted."""
    body = json.dumps(event).encode()
    timestamp = str(int(time.time()))
    request = urllib.request.Request(os.environ["WEBHOOK_URL"], data=body, method="POST", headers={
        "Content-Type": "application/json", "User-Agent": "slt-webhook", "X-Slt-Event": f"{CONSUMER}-{event['id']}",
        "X-Slt-Timestamp": timestamp, "X-Slt-Signature": sign(timestamp, body)})
    with HTTP.open(request, timeout=30) as answer:
        answer.read(1)


def take(database):
    """Takes an event and posts it, in one transaction; returns whether there was one."""
    with database, database.cursor() as cursor:  # commits, or rolls back after an error
        cursor.execute("SELECT to_jsonb(e) FROM slt_take_events(%s, 1) e", (CONSUMER,))
        events = [row[0] for row in cursor.fetchall()]
        for event in events:
            deliver(event)
    return bool(events)


def run():
    """Takes events whenever there is news, or a minute has passed; tries again after errors."""
    pause = 1
    while True:
        try:
            with contextlib.closing(psycopg2.connect(os.environ.get("SLT_DSN", ""))) as database:
                with database, database.cursor() as cursor:
                    cursor.execute("LISTEN slt")
                while True:
                    while take(database):
                        pause = 1
                    select.select([database], [], [], 60)
                    database.poll()
                    database.notifies.clear()
        except (psycopg2.Error, http.client.HTTPException, OSError) as problem:
            print(f"slt_webhook: {str(problem).strip()}; again in {pause} s", file=sys.stderr, flush=True)
            time.sleep(pause)
            pause = min(pause * 2, 300)


if __name__ == "__main__":
    run()
