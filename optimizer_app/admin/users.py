"""Users and groups: Django's own, in the admin's look."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from optimizer_app.admin.walls import is_superuser

User = get_user_model()
admin.site.unregister(User)
admin.site.unregister(Group)


class ForSuperusers(ModelAdmin):
    """People belong to the whole instance: who may change them could become any of them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


@admin.register(User)
class UserAdmin(ForSuperusers, PlainUserAdmin, ModelAdmin):
    """Django's own, in the admin's look."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(ForSuperusers, PlainGroupAdmin, ModelAdmin):
    """Django's own, in the admin's look."""
