"""Dukou's list of cases as it lies in the file; Django makes no table here."""

from django.db import models


class Person(models.Model):
    id = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "peer_person"

    def __str__(self):
        return self.name


class Case(models.Model):
    STOPS = [
        ("disclosure", "披露"),
        ("assessment", "评估"),
        ("protection", "确权"),
        ("valuation", "评价"),
        ("matching", "对接"),
    ]

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
