"""What slt-import-ics, slt-import-holidays and slt-export-ics share (Python 3, psycopg2; Debian: python3-psycopg2).

How to connect is said by libpq's environment (PGHOST, PGDATABASE, PGSERVICE, ...); where slt is in a schema of its own, PGOPTIONS
has it: -csearch_path=slt.  All that comes from a file reaches the database as parameters.
"""
import argparse
import datetime
import re
import signal
import sys

import psycopg2
import psycopg2.extensions

MOST_DATES = 5000  # of a calendar, which the database keeps to
SECONDS_A_MEGABYTE = 2.5  # of computing, for a file; a large one that means no harm takes less than one
# such as "Eid al-Fitr (estimated)" and, of older releases of python3-holidays, "Eid al-Fitr* (*estimated)"
TENTATIVE = re.compile(r"\s*\*?\s*\(\*?\s*(?:estimated|tentative|provisional|to be confirmed)\s*\)", re.IGNORECASE)


class Refused(Exception):
    """What the user is told, instead of a traceback."""


def parser(what):
    """Begins the command line of an import."""
    this_year = datetime.date.today().year
    options = argparse.ArgumentParser(description=what, epilog="Connects as libpq's environment says. Shows what would change; --write writes it.")
    options.add_argument("list", help="the list, a row of slt_holiday_lists")
    options.add_argument("file", nargs="?", default="-", help="what to read (default: standard input)")
    options.add_argument("--write", action="store_true", help="write, instead of showing what would change")
    options.add_argument("--create", action="store_true", help="make the list if there is none of this name")
    options.add_argument("--replace", action="store_true", help="change dates that are from another source, too")
    options.add_argument("--source", help="what to write as source (default: the name of the file); rows of this source are this import's")
    options.add_argument("--years", type=years, default=(this_year, this_year + 5), metavar="FROM-TO",
                         help=f"the years to bring in (default: {this_year}-{this_year + 5})")
    options.add_argument("--max-size", type=int, default=4, metavar="MB", help="the largest file that is read (default: 4)")
    return options


def years(text):
    """Reads a range of years."""
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last or last - first > 100:
        raise argparse.ArgumentTypeError(f'"{text}" is not a range of 100 years at most, such as 2026-2031')
    return first, last


def read(name, megabytes):
    """Reads a file that is not too large; returns bytes.  From then on the time to compute is limited, up to import_days()."""
    most = megabytes * 1024 * 1024
    with (sys.stdin.buffer if name == "-" else open(name, "rb")) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise Refused(f"The file is larger than {megabytes} MB, and is not read.  Lists of holidays are small; --max-size allows more.")

    def out_of_time(*_):
        raise Refused(f"The file takes more than {most_seconds:g} seconds to read.")

    most_seconds = SECONDS_A_MEGABYTE * megabytes
    signal.signal(signal.SIGPROF, out_of_time)
    signal.setitimer(signal.ITIMER_PROF, most_seconds)
    return data


def text_of(data, encoding=None):
    """Decodes a file, by its byte order mark or else as UTF-8."""
    if not encoding:
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise Refused(f"The file cannot be read as {encoding}: {error}.  --encoding says what it is in, such as windows-1252.") from error


def clean(name):
    """Makes one line of a name that the database takes: no control characters, 250 bytes."""
    name = " ".join("".join(c if c.isprintable() else " " for c in str(name)).split())
    return name.encode("utf-8", "ignore")[:250].decode("utf-8", "ignore").rstrip() or "holiday"


class Days:
    """The dates to come into a list: of each the names, whether it is sure, and what of the day is closed."""

    def __init__(self, window):
        self.first, self.last = datetime.date(window[0], 1, 1), datetime.date(window[1], 12, 31)
        self.days = {}

    def add(self, day, name, confirmed=True, hours=None):
        """Adds a holiday to a date, if that is in the window; hours as in slt_holidays."""
        if not self.first <= day <= self.last:
            return
        stripped = TENTATIVE.sub("", name)
        found = self.days.setdefault(day, {"names": [], "confirmed": True, "hours": []})
        if clean(stripped) not in found["names"]:
            found["names"].append(clean(stripped))
        found["confirmed"] &= confirmed and stripped == name
        found["hours"].append(hours)
        if len(self.days) > MOST_DATES:
            raise Refused(f"There are more than {MOST_DATES} dates, which no calendar takes.  --years makes the window smaller.")

    def add_time(self, start, end, name, confirmed=True):
        """Adds what is closed from one time of the clock to another, which may be days later."""
        day = max(start.date(), self.first)
        while day <= self.last and datetime.datetime.combine(day, datetime.time()) < end:
            midnight = datetime.datetime.combine(day, datetime.time())
            left = start if start > midnight else midnight
            right = min(end, midnight + datetime.timedelta(days=1))
            whole = right - left == datetime.timedelta(days=1)
            self.add(day, name, confirmed, None if whole else f"{clock(left)}-{'24:00' if right.date() > day else clock(right)} off")
            day += datetime.timedelta(days=1)

    def rows(self):
        """Returns the rows of slt_holidays: a dictionary of date to name, hours, confirmed."""
        return {day: (clean(", ".join(found["names"])), joined(day, found["hours"]), found["confirmed"]) for day, found in sorted(self.days.items())}


def clock(time):
    """Writes a time of day."""
    return time.strftime("%H:%M:%S" if time.second else "%H:%M")


def joined(day, hours):
    """Joins the hours of several holidays of one date: closed when any of them is."""
    hours = list(dict.fromkeys(hours))
    if None in hours:
        return None
    if len(hours) == 1:
        return hours[0]
    if not all(text.endswith(" off") for text in hours):
        raise Refused(f"{day} has several hours: {'; '.join(hours)}.")
    return ",".join(text[:-4] for text in sorted(hours)) + " off"


def change(cursor, options, rows):
    """Brings rows into the list; returns what it did, as lines (mark, day, name, hours, confirmed)."""
    source = options.source or ("standard input" if options.file == "-" else options.file.replace("\\", "/").rpartition("/")[2])
    cursor.execute("SELECT FROM slt_holiday_lists WHERE name = %s", (options.list,))
    if not cursor.rowcount:
        if not options.create:
            raise Refused(f'There is no list "{options.list}".  --create makes it.')
        cursor.execute("INSERT INTO slt_holiday_lists (name) VALUES (%s)", (options.list,))
    cursor.execute("SELECT day, name, hours, confirmed, source FROM slt_holidays WHERE list = %s AND day BETWEEN %s AND %s",
                   (options.list, datetime.date(options.years[0], 1, 1), datetime.date(options.years[1], 12, 31)))
    there = {row[0]: row[1:] for row in cursor.fetchall()}
    mine = {day for day, row in there.items() if row[3] == source}
    added = [day for day in rows if day not in there]
    changed = [day for day in rows if day in there and there[day][:3] != rows[day] and (day in mine or options.replace)]
    kept = [day for day in rows if day in there and there[day][:3] != rows[day] and day not in changed]
    removed = sorted(day for day in mine if rows and day >= min(rows) and day not in rows)  # a feed that begins this year says nothing of the last

    def arrays(days):
        return (days,) + tuple(list(column) for column in zip(*(rows[day] for day in days)))

    if removed:
        cursor.execute("DELETE FROM slt_holidays WHERE list = %s AND day = ANY (%s::date[])", (options.list, removed))
    if changed:
        cursor.execute("UPDATE slt_holidays h SET name = n.name, hours = n.hours, confirmed = n.confirmed, source = %s"
                       " FROM unnest(%s::date[], %s::text[], %s::text[], %s::boolean[]) AS n (day, name, hours, confirmed)"
                       " WHERE h.list = %s AND h.day = n.day", (source, *arrays(changed), options.list))
    if added:
        cursor.execute("INSERT INTO slt_holidays (list, day, name, hours, confirmed, source) SELECT %s, n.*, %s"
                       " FROM unnest(%s::date[], %s::text[], %s::text[], %s::boolean[]) AS n", (options.list, source, *arrays(added)))
    for mark, days in (("added", added), ("changed", changed), ("kept", kept), ("removed", removed)):
        for day in days:
            yield mark, day, there.get(day), rows.get(day)
    for day in rows:
        if day in there and there[day][:3] == rows[day]:
            yield "unchanged", day, there[day], rows[day]


def described(row):
    """Writes a row for people."""
    name, hours, confirmed = row[:3]
    return clean(name) + (f" ({clean(hours)})" if hours else "") + ("" if confirmed else " (not confirmed)")


def import_days(options, days, broken=0):
    """Writes the days, or shows what that would do: one transaction, which a dry run takes back."""
    rows = days.rows()
    signal.setitimer(signal.ITIMER_PROF, 0)
    count = dict.fromkeys(("added", "changed", "removed", "unchanged", "kept"), 0)
    with connection() as database, database.cursor() as cursor:
        for mark, day, old, new in sorted(change(cursor, options, rows), key=lambda line: line[1]):
            count[mark] += 1
            if mark == "changed":
                print(f"changed   {day} {described(old)} -> {described(new)}")
            elif mark == "kept":
                print(f"kept      {day} {described(old)}, from {clean(old[3] or 'elsewhere')}; the file has {described(new)}")
            elif mark != "unchanged":
                print(f"{mark:9} {day} {described(new or old)}")
        if not options.write:
            database.rollback()
    print(f'List "{options.list}": ' + ", ".join(f"{n} {mark}" for mark, n in count.items() if n or mark != "kept")
          + (f", {broken} not read" if broken else "") + ("." if options.write else ".  Nothing was written; --write writes it."))


def connection():
    """Connects as libpq's environment says."""
    database = psycopg2.connect("", application_name=sys.argv[0].rpartition("/")[2])
    database.set_session(isolation_level=psycopg2.extensions.ISOLATION_LEVEL_SERIALIZABLE)
    database.set_client_encoding("UTF8")
    return database


def run(main):
    """Runs a program: what is wrong is a line on the standard error, and status 1."""
    try:
        main()
    except psycopg2.Error as error:
        lines = [error.diag.message_primary or str(error).strip(), error.diag.message_detail, error.diag.message_hint]
        sys.exit("\n".join(line for line in lines if line))
    except (Refused, OSError) as error:
        sys.exit(str(error))
    except (MemoryError, RecursionError):
        sys.exit("The file is nested too deep, or takes too much memory.")
