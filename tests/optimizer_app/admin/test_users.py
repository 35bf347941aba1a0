"""Users and groups in the admin."""

import pytest
from django.urls import reverse


@pytest.mark.parametrize("model", ["user", "group"])
def test_people_are_there_too(admin_client, model):
    assert admin_client.get(reverse(f"admin:auth_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:auth_{model}_add")).status_code == 200
