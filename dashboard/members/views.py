"""The members of a project: who they are, what they may do, and who is invited."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from dashboard.members.forms import InvitationForm
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.access import invitations
from optimizer_app.access.members import LastOwner, change_role, remove_member
from optimizer_app.models import Invitation, Membership, Project, Role

_LAST_OWNER = "is the only owner: make somebody else one first."


@signed_in
def members_page(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    scope = Scope.of_request(request)
    project = scope.own(project_id)
    context = {
        "page": "projects",
        "project": project,
        "members": project.memberships.select_related("user"),
        "invitations": project.invitations.open().select_related("made_by"),
        "roles": Role.choices,
        "may_change": scope.may(Role.OWNER, project),
    }
    return render_page(request, "dashboard/members/page.html", scope, context)


@signed_in
@for_role(Role.OWNER)
def invite(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Asks on GET. The answer to the POST is the one page that shows the link."""
    scope = Scope.of_request(request)
    project = scope.own(project_id)
    form = InvitationForm(request.POST or None)
    context = {"page": "projects", "form": form, "project": project}
    if not form.is_valid():
        return render_page(request, "dashboard/members/invite.html", scope, context)
    role, label = Role(form.cleaned_data["role"]), form.cleaned_data["label"]
    made_by = request.user if isinstance(request.user, User) else None
    invitation, secret = Invitation.issue(project=project, role=role, label=label, made_by=made_by)
    link = request.build_absolute_uri(reverse("dashboard:invitation", args=[secret]))
    context |= {"invitation": invitation, "secret": link}
    response = render_page(request, "dashboard/members/once.html", scope, context)
    add_never_cache_headers(response)
    return response


@signed_in
@for_role(Role.OWNER)
@require_POST
def set_role(request: HttpRequest, project_id: uuid.UUID, member_id: int) -> HttpResponse:
    project, member = _member(request, project_id, member_id)
    role = request.POST.get("role", "")
    if role in Role.values:
        try:
            change_role(member, Role(role))
        except LastOwner:
            messages.error(request, f"{member.user} {_LAST_OWNER}")
        else:
            messages.success(request, f"{member.user} is {member.get_role_display().lower()} now.")
    return redirect("dashboard:members", project.pk)


@signed_in
@for_role(Role.OWNER)
def remove(request: HttpRequest, project_id: uuid.UUID, member_id: int) -> HttpResponse:
    """Asks on GET; ends the membership on POST."""
    project, member = _member(request, project_id, member_id)
    if request.method == "POST":
        try:
            remove_member(member)
        except LastOwner:
            messages.error(request, f"{member.user} {_LAST_OWNER}")
        else:
            messages.success(request, f"{member.user} is no longer in {project}.")
        return redirect("dashboard:members", project.pk)
    context = {"page": "projects", "project": project, "member": member}
    return render_page(request, "dashboard/members/remove.html", Scope.of_request(request), context)


@signed_in
@for_role(Role.OWNER)
@require_POST
def revoke_invitation(request: HttpRequest, project_id: uuid.UUID, invitation_id: uuid.UUID) -> HttpResponse:
    project = Scope.of_request(request).own(project_id)
    invitation = get_object_or_404(project.invitations.open(), pk=invitation_id)
    invitations.revoke(invitation)
    messages.success(request, f"The invitation of {invitation} is revoked: its link leads nowhere.")
    return redirect("dashboard:members", project.pk)


def _member(request: HttpRequest, project_id: uuid.UUID, member_id: int) -> tuple[Project, Membership]:
    project = Scope.of_request(request).own(project_id)
    return project, get_object_or_404(project.memberships.select_related("user"), pk=member_id)
