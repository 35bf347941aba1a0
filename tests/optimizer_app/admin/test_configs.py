"""Configs in the admin."""

from tests.optimizer_app.admin.pages import page


def test_a_changed_config_gets_a_new_version(admin_client, ours):
    config = ours.configs.get()
    form = {
        "project": str(ours.pk),
        "name": config.name,
        "preset": "safe",
        "fields": "",
        "is_default": "on",
    }
    for expected in (2, 2):
        admin_client.post(page("optimizationconfig", "change", config.pk), form)
        config.refresh_from_db()
        assert (config.preset, config.fields, config.version) == ("safe", {}, expected)


def test_a_config_that_cannot_be_used_is_refused(admin_client, ours):
    form = {"project": str(ours.pk), "name": "new", "preset": "safe", "fields": '{"keep_last_n_turns": -1}'}

    answer = admin_client.post(page("optimizationconfig", "add"), form)

    assert "keep_last_n_turns must be a whole number" in answer.content.decode()


def test_changes_in_the_admin_stand_in_the_history(admin_client, ours):
    config = ours.configs.get()
    form = {"project": str(ours.pk), "name": config.name, "preset": "safe", "fields": "", "is_default": "on"}
    admin_client.post(page("optimizationconfig", "change", config.pk), form)

    rows = config.versions.order_by("number").values_list("number", "preset", "author__username")

    assert list(rows) == [(1, "balanced", None), (2, "safe", "admin")]
