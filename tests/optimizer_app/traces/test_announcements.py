"""What the live pages hear."""

import asyncio

from channels.layers import get_channel_layer

from optimizer_app.announcements import announce_traces, project_group
from optimizer_app.models import RequestTrace
from optimizer_app.traces.journal.recorder import Recorder
from tests.optimizer_app.traces.records import eventually, new_record
from tests.patience import PATIENCE_SECONDS


def test_both_groups_hear_of_new_traces(journal_dir, project):
    async def heard():
        layer = get_channel_layer()
        channels = {}
        for group in (project_group(project.id), "all"):
            channels[group] = await layer.new_channel()
            await layer.group_add(group, channels[group])
        async with Recorder(journal_dir) as recorder:
            recorder.append(new_record(project.id))
            recorder.append(new_record(project.id))
            async with asyncio.timeout(PATIENCE_SECONDS):
                return [await counted(layer, channel, project) for channel in channels.values()]

    assert asyncio.run(heard()) == [2, 2]


async def counted(layer, channel, project):
    """How many traces of the project were told of, once it is as many as there are; others' count apart."""
    count = 0
    while count < 2:
        event = await layer.receive(channel)
        assert event["type"] == "traces.recorded"
        count += event["count"] if event["project_id"] == str(project.id) else 0
    return count


def test_without_valkey_traces_are_stored_all_the_same(journal_dir, project, recording, settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    with recording(journal_dir) as recorder:
        recorder.append(new_record(project.id))
        eventually(lambda: "announcement_failed" in caplog.text)

    assert RequestTrace.objects.count() == 1


def test_without_a_channel_layer_nobody_is_told(settings, project):
    settings.CHANNEL_LAYERS = {}

    asyncio.run(announce_traces({project.id: 1}))
