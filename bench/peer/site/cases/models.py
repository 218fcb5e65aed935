"""Dukou's cases as they lie in the file; Django makes no table here.

The tables peer_* are of the copy alone: the same rows with keys that Django
can follow (see measure.py).
"""

from django.db import models

STOPS = [
    ("disclosure", "披露"),
    ("assessment", "评估"),
    ("protection", "确权"),
    ("valuation", "评价"),
    ("matching", "对接"),
]


class Person(models.Model):
    id = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "peer_person"

    def __str__(self):
        return self.name


class Case(models.Model):
    id = models.TextField(primary_key=True)
    number = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    stop = models.CharField(max_length=40, choices=STOPS)
    standing = models.CharField(max_length=40)
    since = models.CharField(max_length=10)
    right_number = models.CharField(max_length=40, blank=True)
    next_due = models.CharField(max_length=10)
    manager = models.ForeignKey(
        Person, models.DO_NOTHING, db_column="manager", db_constraint=False, null=True
    )

    class Meta:
        managed = False
        db_table = "case_view"

    def __str__(self):
        return self.title


class Part(models.Model):
    """What belongs to one case."""

    case = models.ForeignKey(Case, models.DO_NOTHING, db_constraint=False)

    class Meta:
        abstract = True


class Contributor(Part):
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    duty = models.TextField()
    share = models.TextField()
    said = models.TextField()

    class Meta:
        managed = False
        db_table = "peer_contributor"
        ordering = ["id"]


class Deal(Part):
    number = models.TextField()
    party = models.TextField()
    mode = models.TextField()
    stop = models.TextField()
    price_minor = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "peer_deal"
        ordering = ["id"]

    def __str__(self):
        return self.number


class Task(Part):
    what = models.TextField()
    why = models.TextField()
    due = models.TextField()

    class Meta:
        managed = False
        db_table = "peer_task"
        ordering = ["id"]


class Entry(Part):
    at_ms = models.BigIntegerField()
    kind = models.TextField()

    class Meta:
        managed = False
        db_table = "peer_entry"
        ordering = ["-id"]
