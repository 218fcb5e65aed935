"""The admin as its manual has it: a list with search and filters, a form with
what belongs to the case below it."""

from django.contrib import admin

from .models import Case, Contributor, Deal, Entry, Task


class Shown(admin.TabularInline):
    """Rows to read; without them Django would build a form for each."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class Contributors(Shown):
    model = Contributor

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person")


class Deals(Shown):
    model = Deal


class Tasks(Shown):
    model = Task


class Timeline(Shown):
    model = Entry


@admin.register(Case)
class CaseAdmin(admin.ModelAdmin):
    """The columns, the order, the rows per page, the search and the filters of
    Dukou's list; on the case's page its values, contributors, deals, tasks and
    timeline."""

    list_display = ["title", "number", "stop", "right_number", "next_due", "manager"]
    list_select_related = ["manager"]
    list_filter = ["stop", "kind"]
    search_fields = ["number", "title"]
    ordering = ["-number"]
    list_per_page = 25
    show_full_result_count = False
    raw_id_fields = ["manager"]
    inlines = [Contributors, Deals, Tasks, Timeline]
