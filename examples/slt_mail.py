#!/usr/bin/python3
"""Mails what slt announces: a consumer of its events (Python 3, psycopg2; Debian: python3-psycopg2).

Each event is mailed once it is committed and its mail was accepted.  If the mail server or the database is away it
tries again, later each time, and nothing is lost; a mail may be sent twice if the connection breaks between mail and
commit, with the same Message-ID.  slt-mail.service starts it.  Its role needs, in the database of the tickets:

    GRANT SELECT ON slt_events TO mailer;
    GRANT SELECT, INSERT, UPDATE ON slt_consumers TO mailer;
    GRANT SELECT, INSERT, DELETE ON slt_deliveries TO mailer;

Environment: SLT_DSN (how to connect; options=-csearch_path=... if slt is in a schema of its own), SLT_CONSUMER (mail),
SMTP_HOST (localhost), SMTP_PORT (25), SMTP_USER and SMTP_PASSWORD (then TLS is used), MAIL_FROM, MAIL_TO (addresses, by
commas), MAIL_KINDS ("at risk,breached,outage opened,outage closed,incident updated").
"""
import contextlib
import email.message
import os
import select
import smtplib
import ssl
import sys
import time

import psycopg2

CONSUMER = os.environ.get("SLT_CONSUMER", "mail")
KINDS = os.environ.get("MAIL_KINDS", "at risk,breached,outage opened,outage closed,incident updated").split(",")


def about(event):
    """Writes subject and text about an event: of a ticket, of an outage, or an update of an incident."""
    if event["kind"] in ("at risk", "breached"):
        ticket = f"{event['table_name']} {event['key']}"
        return (f"{ticket}: {event['metric']} {event['kind']}", f"Ticket {ticket}\n{event['metric']}: {event['kind']}, "
                f"{event['percent']:g} % of its time are used.\nDue {event['due']}")
    what = ": ".join(filter(None, (event["service"], event["experience"])))
    if event["kind"] == "incident updated":
        return f"{what}: {event['title']}", f"{event['title']}\n{event['status'] or 'update'}: {event['text']}\nWritten {event['at']}"
    state, when = (event["status"], "Since") if event["kind"] == "outage opened" else (f"not {event['status']} any more", "Until")
    return f"{what}: {state}", "\n".join(filter(None, (f"{what} is {state}", event["title"], event["text"], f"{when} {event['at']}")))


def message(event):
    """Writes the mail about an event."""
    mail, (subject, text) = email.message.EmailMessage(), about(event)
    mail["From"] = os.environ["MAIL_FROM"]
    mail["To"] = os.environ["MAIL_TO"]
    mail["Subject"] = " ".join(subject.split())
    mail["Message-ID"] = f"<{CONSUMER}.{event['id']}@{os.environ['MAIL_FROM'].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{text}, announced {event['announced_at']}.\n")
    return mail


def deliver(events):
    """Mails events; raises an error if one is not accepted."""
    events = [event for event in events if event["kind"] in KINDS]
    if not events:
        return
    with smtplib.SMTP(os.environ.get("SMTP_HOST", "localhost"), int(os.environ.get("SMTP_PORT", "25")), timeout=30) as smtp:
        if "SMTP_USER" in os.environ:
            smtp.starttls(context=ssl.create_default_context())
            smtp.login(os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
        for event in events:
            smtp.send_message(message(event))


def take(database):
    """Takes some events and mails them, in one transaction; returns whether there were any."""
    with database, database.cursor() as cursor:  # commits, or rolls back after an error
        cursor.execute("SELECT to_jsonb(e) FROM slt_take_events(%s, 20) e ORDER BY id", (CONSUMER,))
        events = [row[0] for row in cursor.fetchall()]
        deliver(events)
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
        except (psycopg2.Error, smtplib.SMTPException, OSError) as problem:
            print(f"slt_mail: {str(problem).strip()}; again in {pause} s", file=sys.stderr, flush=True)
            time.sleep(pause)
            pause = min(pause * 2, 300)


if __name__ == "__main__":
    run()
