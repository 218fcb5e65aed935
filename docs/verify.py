#!/usr/bin/env python3
"""Checks a journal of Dukou without Dukou, by docs/journal.md alone.

    python3 docs/verify.py ARCHIVE.zip
    python3 docs/verify.py DATA_FOLDER [--key FILE] [--heads FILE]

Prints a line per institution: id, number of entries, hash of the newest. Exits 1 and
names the first bad entry when something is wrong. Needs Python 3.9, nothing else.
"""
import argparse
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import zipfile

KEYS = ("v institution seq stream version kind actor on_behalf at_ms effective reason corrects "
        "key request clock body").split()
OPTIONAL = {"on_behalf", "reason", "corrects", "key", "request", "clock"}
FILE = re.compile(r'"file":"([0-9a-f]{64})"')
SEAL = re.compile("[0-9a-f]{64}")
DEEPEST = 126
ERASED = object()


class Bad(Exception):
    """What is wrong, in words."""


def depth(value):
    """How many levels lie inside of a value."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((1 + depth(it) for it in inside if isinstance(it, (dict, list))), default=0)


def no_twins(pairs):
    """A JSON object in which no key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


class Chain:
    """Walks one institution's entries in order."""

    def __init__(self, institution):
        self.institution = institution
        self.seals = {}
        self.hash = hashlib.sha256(b"dukou journal v1\n" + institution.encode()).digest()
        self.seq = 0
        self.versions = {}
        self.hashes = {}
        self.files = {}
        self.pages = {}
        self.gone = set()

    def step(self, seq, raw, stored=None, columns=None):
        """Takes the bytes of the next entry; `stored` and `columns` where there are any."""
        place = f"{self.institution}: entry {self.seq + 1}"
        if seq != self.seq + 1:
            raise Bad(f"{place} was removed: the next one is {seq}")
        digest = hashlib.sha256(self.hash + raw).digest()
        if stored is not None and stored != digest:
            raise Bad(f"{place} was changed: its bytes do not give the stored hash")
        try:
            text = raw.decode("utf-8")
            entry = json.loads(text, object_pairs_hook=no_twins, parse_constant=no_number)
            json.dumps(entry, ensure_ascii=False).encode("utf-8")  # no half of a surrogate pair
        except (ValueError, RecursionError) as why:
            raise Bad(f"{place} is not readable: {why}") from None
        if not isinstance(entry, dict) or not set(KEYS) - OPTIONAL <= set(entry):
            raise Bad(f"{place} has other keys than the format")
        # Up to the body there is one way to write it.
        head = ",".join(f'"{key}":{json.dumps(entry[key], ensure_ascii=False)}'
                        for key in KEYS[:-1] if key in entry)
        numbers = [entry[key] for key in ("v", "seq", "version", "at_ms", "corrects") if key in entry]
        if (set(entry) - set(KEYS) or entry["v"] != 1 or not isinstance(entry["body"], dict)
                or any(type(it) is not int or not -2**63 <= it < 2**63 for it in numbers)
                or None in entry.values() or b"\n" in raw or depth(entry["body"]) > DEEPEST
                or not text.startswith("{" + head + ',"body":{') or not text.endswith("}}")):
            raise Bad(f"{place} has other keys than the format, or writes them otherwise")
        if entry["institution"] != self.institution or entry["seq"] != seq:
            raise Bad(f"{place} says it is another")
        version = self.versions.get(entry["stream"], 0) + 1
        if entry["version"] != version:
            raise Bad(f"{place}: {entry['stream']} jumps to version {entry['version']}")
        if columns is not None and columns != [entry[key] for key in
                                               ("stream", "version", "kind", "at_ms")]:
            raise Bad(f"{place}: a column does not agree with the bytes")
        self.versions[entry["stream"]] = version
        kind, person = entry["kind"], entry["stream"].partition("person:")[2]
        if kind == "people.erased.v1":
            self.seals[person] = ERASED
            self.gone |= {page for page, people in self.pages.items() if person in people}
        elif kind in ("publicity.posted.v2", "distribution.reward_posted.v2"):
            kept = entry["body"].get("content", {}).get("frozen")
            if kept:
                self.pages[kept["page"]["file"]] = {it["person"] for it in kept["facts"]["people"]}
        elif kind in ("people.registered.v1", "people.updated.v1"):
            self.seals[person] = entry["body"].get("seal") or self.seals.get(person)
        elif kind in ("people.registered.v2", "people.updated.v2"):
            self.seals[person] = entry["body"].get("seals") or self.seals.get(person)
        self.seq, self.hash = seq, digest
        self.hashes[seq] = digest.hex()
        for name in FILE.findall(text):
            self.files.setdefault(name, seq)

    def persons(self, rows):
        """Names and numbers beside the journal: rows of subject, field and text."""
        texts = {}
        for subject, field, text in rows:
            texts.setdefault(subject, {})[field] = text
        for person in sorted(set(texts) | set(self.seals)):
            seal, found = self.seals.get(person), texts.get(person)
            place = f"{self.institution}: person {person}"
            if seal is None:
                raise Bad(f"{place} is not in the journal, and has texts")
            if seal is ERASED:
                if found:
                    raise Bad(f"{place} was erased, and texts are left")
            elif isinstance(seal, dict):
                if not SEAL.fullmatch(str(seal.get("name"))):
                    continue
                if not found:
                    raise Bad(f"{place} was not erased, and the texts are gone")
                for part, salt, field in (("name", "name_salt", "name"),
                                          ("number", "number_salt", "staff_no")):
                    words = f"{found.get(salt, '')}\n{found.get(field, '')}"
                    if part not in seal and not found.get(field):
                        continue
                    if hashlib.sha256(words.encode()).hexdigest() != seal.get(part):
                        raise Bad(f"{place}: {part} is not what the journal commits to")
            elif SEAL.fullmatch(seal):
                if not found:
                    raise Bad(f"{place} was not erased, and the texts are gone")
                words = "\n".join(found.get(field, "") for field in ("salt", "name", "staff_no"))
                if hashlib.sha256(words.encode()).hexdigest() != seal:
                    raise Bad(f"{place}: name or number is not what the journal commits to")

    def end(self, head, rows, read, lost=()):
        """The head, names and numbers, and the evidence that entries name; `read(hash)`
        gives its bytes. Evidence in `lost` is known to be gone: it is told, and no more."""
        if (self.seq, self.hash.hex()) != head:
            raise Bad(f"{self.institution}: the head says {head[0]} {head[1]}, "
                      f"the entries end at {self.seq} {self.hash.hex()}")
        self.persons(rows)
        for name, entry in self.files.items():
            content = read(name)
            if name in self.gone:
                if content is not None:
                    raise Bad(f"{self.institution}: entry {entry}: page {name} names somebody "
                              "who was erased, and is left")
                continue
            if content is None and name in lost:
                print(f"note: entry {entry}: evidence {name} was lost before this export",
                      file=sys.stderr)
                continue
            if content is None:
                raise Bad(f"{self.institution}: entry {entry}: evidence {name} is missing")
            if hashlib.sha256(content).hexdigest() != name:
                raise Bad(f"{self.institution}: entry {entry}: evidence {name} was altered")
        print(self.institution, self.seq, self.hash.hex())


def no_number(word):
    """NaN and its like are no JSON."""
    raise ValueError(f"{word} is no number")


def lines_of(members, name):
    """The lines of a member, each ended by 0A."""
    with members.open(name) as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                raise Bad(f"{name}: line {number} is cut")
            yield line[:-1]


def archive(path):
    """Every institution of an archive, by its manifest."""
    with zipfile.ZipFile(path) as members:
        names = set(members.namelist())
        manifest = json.loads(members.read("manifest.json"))
        if manifest["format"] != "dukou-archive" or manifest["version"] not in (1, 2):
            raise Bad("this is no archive of version 1 or 2")
        for part in manifest["institutions"]:
            who = part["institution"]
            chain = Chain(who)
            for number, line in enumerate(lines_of(members, f"{who}/journal.jsonl"), 1):
                chain.step(number, line)
            rows = []
            if f"{who}/sealed.jsonl" in names:
                rows = map(json.loads, lines_of(members, f"{who}/sealed.jsonl"))
            rows = ((row["subject"], row["field"], row["text"]) for row in rows)
            if part["entries"] != part["head"]["seq"]:
                raise Bad(f"{who}: the manifest counts {part['entries']} entries")

            def evidence(name, folder=f"{who}/files/"):
                return members.read(folder + name) if folder + name in names else None

            stored = [name for name in names if name.startswith(f"{who}/files/")]
            for name in stored:
                if hashlib.sha256(members.read(name)).hexdigest() != name.rpartition("/")[2]:
                    raise Bad(f"{name} was altered")
            if len(stored) != part["files"]:
                raise Bad(f"{who}: {len(stored)} files, the manifest says {part['files']}")
            lost = part.get("missing", []) + part.get("altered", [])
            chain.end((part["head"]["seq"], part["head"]["hash"]), rows, evidence, lost)
            yield chain


def folder(path, key):
    """Every institution of a data folder on SQLite, with its sealed heads."""
    database = sqlite3.connect(f"file:{os.path.join(path, 'dukou.sqlite')}?mode=ro", uri=True)
    heads = {row[0]: row[1:] for row in
             database.execute("SELECT institution, seq, hash, seal FROM head")}
    known = {who for (who,) in database.execute("SELECT DISTINCT institution FROM journal")}

    def evidence(name):
        try:
            with open(os.path.join(path, "files", name[:2], name[2:]), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    for who in sorted(known | set(heads)):
        chain = Chain(who)
        for row in database.execute(
                "SELECT seq, CAST(bytes AS BLOB), hash, stream, version, kind, at_ms FROM journal"
                " WHERE institution = ? ORDER BY seq", (who,)):
            chain.step(row[0], row[1], row[2], list(row[3:]))
        if who not in heads:
            raise Bad(f"{who}: there is no head")
        seq, digest, seal = heads[who]
        rows = database.execute(
            "SELECT subject, field, text FROM sealed WHERE institution = ?", (who,))
        chain.end((seq, digest.hex()), rows, evidence)
        if key:
            words = f"dukou head v1\n{who}\n{seq}\n".encode() + digest
            if not hmac.compare_digest(hmac.new(key, words, hashlib.sha256).digest(), seal):
                raise Bad(f"{who}: the seal on the head does not open")
        yield chain


def saved(path, heads):
    """Lines of saved heads: of a file kept elsewhere, and of the backup itself."""
    lines = open(heads, encoding="ascii").readlines() if heads else []
    if not os.path.isdir(path):
        with zipfile.ZipFile(path) as members:
            if "folder/heads.log" in members.namelist():
                lines += members.read("folder/heads.log").decode("ascii").splitlines()
    return [line.split() for line in lines]


def main():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="an archive, or a data folder")
    parser.add_argument("--key", help="keys/seal.key of the folder")
    parser.add_argument("--heads", help="heads saved elsewhere: a copy of heads.log")
    args = parser.parse_args()
    key = open(args.key, "rb").read() if args.key else None
    try:
        walk = folder(args.path, key) if os.path.isdir(args.path) else archive(args.path)
        chains = {chain.institution: chain for chain in walk}
        for who, seq, digest in saved(args.path, args.heads):
            if who in chains and chains[who].hashes.get(int(seq)) != digest:
                raise Bad(f"{who}: entry {seq} is not the one whose head was saved")
            if who not in chains:
                raise Bad(f"{who}: its journal is gone; a head of it was saved")
    except (Bad, KeyError, zipfile.BadZipFile, sqlite3.DatabaseError, OSError) as why:
        sys.exit(f"bad: {why}")


if __name__ == "__main__":
    main()
