"""Serves the same rows from Dukou and from Django's admin, and asks both in turn.

measure.py PROGRAM DATA WORK: PROGRAM is dukou, DATA a folder `dukou bench` left
behind, WORK a folder for Django's copy and for logs. Prints one JSON line.
"""

import contextlib
import hashlib
import json
import os
import platform
import random
import resource
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
BLOCKS = 5
SECONDS = 5
WARM = 2
CONNECTIONS = 4
ROWS = 25


def say(words):
    print(f"peer: {words}", file=sys.stderr)


def dukou_session(file):
    """A session of the office head, made as `dukou bench` makes its own."""
    token = secrets.token_hex(32)
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        made = db.execute(
            "INSERT INTO session (token_hash, institution, account, csrf, second_factor, created_at, seen_at, expires_at) "
            "SELECT ?, institution, id, ?, 1, ?, ?, ? FROM account WHERE login LIKE 'bench-%' ORDER BY created_at DESC LIMIT 1",
            (hashlib.sha256(token.encode()).hexdigest(), secrets.token_hex(32), now, now, now + 86_400_000),
        )
        if made.rowcount != 1:
            sys.exit("peer: the folder holds no account that dukou bench made")
    return f"dukou_session={token}; dukou_visitor={secrets.token_hex(32)}; dukou_lang=zh"


def copy_for_django(file, copy):
    """The whole file, with the keys that Django looks rows up by."""
    for rest in copy.parent.glob(copy.name + "*"):
        rest.unlink()
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("VACUUM INTO ?", (str(copy),))
    with contextlib.closing(sqlite3.connect(copy)) as db:
        db.executescript(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE peer_person (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
            INSERT INTO peer_person SELECT subject, text FROM sealed WHERE field = 'name';
            CREATE UNIQUE INDEX peer_case ON case_view (id);
            CREATE UNIQUE INDEX peer_number ON case_view (number);
            CREATE TABLE peer_contributor AS
                SELECT row_number() OVER (ORDER BY case_id, place) id, case_id, person person_id, duty, share, said FROM case_person;
            CREATE TABLE peer_deal AS
                SELECT row_number() OVER (ORDER BY c.case_id, d.number) id, c.case_id, d.number, d.party, d.mode, d.stop, d.price_minor
                FROM deal_case c JOIN deal_view d ON d.id = c.deal;
            CREATE TABLE peer_task AS
                SELECT row_number() OVER (ORDER BY case_id, line) id, case_id, what_zh what, why_zh why, due FROM task WHERE case_id IS NOT NULL;
            CREATE TABLE peer_entry AS
                SELECT seq id, substr(stream, 6) case_id, at_ms, kind FROM journal WHERE stream LIKE 'case:%';
            CREATE INDEX peer_contributor_case ON peer_contributor (case_id, id);
            CREATE INDEX peer_deal_case ON peer_deal (case_id, id);
            CREATE INDEX peer_task_case ON peer_task (case_id, id);
            CREATE INDEX peer_entry_case ON peer_entry (case_id, id);
            ANALYZE;
            """
        )


def django_session(work):
    """Django's own tables, one superuser, and a session of theirs."""
    import django

    sys.path.insert(0, str(HERE / "site"))
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("head"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def get(url, cookie=""):
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.url, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, url, error.read().decode()


class Side:
    """One of the two: where it listens, who asks, and which pages."""

    def __init__(self, name, cookie, base, list_path, case_path):
        self.name, self.cookie, self.base = name, cookie, base
        self.list_path, self.case_path = list_path, case_path
        self.size = {}

    def check(self, newest, some):
        """Both pages answer 200 with the rows in them, and only when signed in."""
        numbers = [number for _, number, _ in newest]
        self.expect("list", self.list_path, numbers + [title for _, _, title in newest])
        for key, number, title in some:
            self.expect("case", self.case_path.format(key), [number, title])

    def expect(self, page, path, words):
        url = self.base + path
        status, at, body = get(url, self.cookie)
        missing = [it for it in words if it not in body]
        if status != 200 or at != url or missing:
            sys.exit(f"peer: {self.name} {path}: {status} at {at}, missing {missing[:3]}")
        if any(it in get(url)[2] for it in words):
            sys.exit(f"peer: {self.name} {path}: shown to somebody who is not signed in")
        self.size[page] = len(body.encode())

    def ask(self, file, first, seconds, page):
        """Requests per second of one block; every answer must be the page itself."""
        said = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", HERE / "walk.lua", self.base]
            + ["--", file, str(first), self.cookie],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        block = json.loads(said.strip().splitlines()[-1])
        mean = block["bytes"] / max(block["requests"], 1)
        # A page that sends somebody away, or says that it failed, is much smaller.
        if block["failed"] or mean < self.size[page] / 2:
            sys.exit(f"peer: {self.name}: {block}, but the page has {self.size[page]} bytes")
        block["per_s"] = block["requests"] * 1e6 / block["us"]
        return block


def serve_dukou(program, data, log):
    command = [program, "serve", "--data", data, "--listen", "127.0.0.1:0"]
    # One person asks here for a whole school.
    calls = {"DUKOU_ACCOUNT_CALLS": "0", "DUKOU_ADDRESS_CALLS": "0"}
    environment = {**os.environ, **calls, "DUKOU_LOG": "warn"}
    environment.pop("DUKOU_DATABASE_URL", None)
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, start_new_session=True)
    return server, server.stdout.readline().strip().rstrip("/")


def serve_django(log):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "sync", "--workers", str(os.cpu_count())]
    command += ["--bind", at, "--chdir", HERE / "site", "--log-level", "warning"]
    server = subprocess.Popen(command + ["django.core.wsgi:get_wsgi_application()"], stderr=log, start_new_session=True)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(at.split(":")):
            break
        time.sleep(0.1)
    return server, f"http://{at}"


def busy(servers):
    """Seconds of processor time so far: of the whole machine, and of this bench."""
    tick = os.sysconf("SC_CLK_TCK")
    everybody = sum(map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])) / tick
    ended, here = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    ours = ended.ru_utime + ended.ru_stime + here.ru_utime + here.ru_stime
    sessions = {str(server.pid) for server in servers}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name in brackets: state, parent, group, session, …
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[3] in sessions:
                ours += (int(fields[11]) + int(fields[12])) / tick
    return everybody, ours


def machine():
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((it.split(":")[1].strip() for it in lines if it.startswith("model name")), model)
    return f"{os.cpu_count()} cores of {model}, {platform.system()} {platform.release()}"


def main(program, data, work):
    data, work = Path(data), Path(work)
    file, copy = data / "dukou.sqlite", work / "django.sqlite"
    os.environ.update(
        DJANGO_SETTINGS_MODULE="settings", PEER_SQLITE=str(copy), PEER_SECRET=secrets.token_hex(32)
    )
    copy_for_django(file, copy)
    cookies = dukou_session(file), django_session(work)
    with contextlib.closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT id, number, title FROM case_view ORDER BY number DESC").fetchall()
    newest, mixed = rows[:ROWS], random.Random(1).sample(rows, len(rows))

    servers = []
    try:
        with open(work / "servers.log", "w") as log:
            dukou, dukou_at = serve_dukou(program, data, log)
            servers.append(dukou)
            django, django_at = serve_django(log)
            servers.append(django)
        sides = [
            Side("dukou", cookies[0], dukou_at, "/cases", "/cases/{}"),
            Side("django", cookies[1], django_at, "/admin/cases/case/", "/admin/cases/case/{}/change/"),
        ]
        for side in sides:
            side.check(newest, mixed[:ROWS])
        pages = {}
        for page in ["list", "case"]:
            began, (all_before, ours_before) = time.monotonic(), busy(servers)
            pages[page] = measure(page, sides, mixed, work)
            all_after, ours_after = busy(servers)
            others = (all_after - all_before) - (ours_after - ours_before)
            share = max(others, 0) / (time.monotonic() - began) / os.cpu_count()
            pages[page]["taken_by_others"] = round(share, 3)
            if share > 0.05:
                say(f"{page}: others took {share:.0%} of the machine, so the figures say little")
        for side in sides:
            side.check(newest, mixed[:ROWS])
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    print(
        json.dumps(
            {
                "machine": machine(),
                "date": time.strftime("%Y-%m-%d", time.gmtime()),
                "versions": {
                    "dukou": told.split()[-1],
                    "django": version("django"),
                    "gunicorn": version("gunicorn"),
                    "python": platform.python_version(),
                    "sqlite_of_python": sqlite3.sqlite_version,
                },
                "cases": len(rows),
                "connections": CONNECTIONS,
                "django_workers": os.cpu_count(),
                "pages": pages,
            }
        )
    )


def measure(page, sides, rows, work):
    """Blocks in turn; the middle one of each side counts."""
    files = {}
    for side in sides:
        files[side.name] = work / f"{side.name}-{page}.txt"
        path = side.list_path if page == "list" else side.case_path
        paths = [path] if page == "list" else [path.format(key) for key, _, _ in rows]
        files[side.name].write_text("".join(f"{it}\n" for it in paths))
        side.ask(files[side.name], 0, WARM, page)
    blocks = {side.name: [] for side in sides}
    at = dict.fromkeys(blocks, 0)
    for number in range(BLOCKS):
        for side in sides:
            block = side.ask(files[side.name], at[side.name], SECONDS, page)
            # The next block goes on where this one stopped.
            at[side.name] += block["requests"]
            blocks[side.name].append(block)
            say(f"{page} {number + 1}/{BLOCKS} {side.name} {block['per_s']:.1f} per s")

    def middle(side, what):
        return statistics.median(it[what] for it in blocks[side])

    found = {}
    for side in sides:
        found[side.name] = {
            "per_s": round(middle(side.name, "per_s"), 1),
            "all_per_s": [round(it["per_s"], 1) for it in blocks[side.name]],
            "median_ms": round(middle(side.name, "median_us") / 1000, 2),
            "p99_ms": round(middle(side.name, "p99_us") / 1000, 2),
            "page_bytes": side.size[page],
        }
    found["ratio"] = round(found["dukou"]["per_s"] / found["django"]["per_s"], 1)
    pairs = zip(blocks["dukou"], blocks["django"])
    found["all_ratios"] = [round(one["per_s"] / other["per_s"], 1) for one, other in pairs]
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
