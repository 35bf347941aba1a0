"""Blocks over many requests: what rules cut, and what of that was wanted again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimizer_app.api.figures.window import SelectionFilter, asked, chosen
from optimizer_app.cuts.blocks import cut_blocks
from optimizer_app.cuts.sums import cut_sums

_MAX_BLOCKS = 500


class CutSumSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    kind = serializers.CharField()
    requests = serializers.IntegerField()
    blocks = serializers.IntegerField()
    tokens_cut = serializers.IntegerField(source="cut")
    read_back_calls = serializers.IntegerField(source="read_calls")
    read_back_tokens = serializers.IntegerField(source="read_tokens")
    called_again_calls = serializers.IntegerField(source="again_calls")
    called_again_tokens = serializers.IntegerField(source="again_tokens")
    wanted_share = serializers.FloatField(help_text="What came back, as a share of what was cut.")


class CutFilter(SelectionFilter):
    rule = serializers.CharField()
    kind = serializers.CharField(allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=_MAX_BLOCKS, default=100)


class CutSerializer(serializers.Serializer[Any]):
    trace_id = serializers.UUIDField()
    block = serializers.IntegerField(source="number", help_text="Its place in the trace's `blocks`, from 1.")
    tokens_before = serializers.IntegerField(source="before")
    tokens_after = serializers.IntegerField(source="after")
    read_back_tokens = serializers.IntegerField(source="read")
    called_again_tokens = serializers.IntegerField(source="again")


class BlocksView(APIView):
    """By rule and kind of block, over all the requests; the most wanted again first."""

    @extend_schema(parameters=[SelectionFilter], responses=CutSumSerializer(many=True))
    def get(self, request: Request) -> Response:
        of = chosen(request, asked(request, SelectionFilter))
        return Response(CutSumSerializer(cut_sums(of.selection, of.window.stretch), many=True).data)


class CutBlocksView(APIView):
    """The blocks of one kind that one rule cut, of the newest 1,000 requests: those that were wanted again
    first, then the newest."""

    @extend_schema(parameters=[CutFilter], responses=CutSerializer(many=True))
    def get(self, request: Request) -> Response:
        query = asked(request, CutFilter)
        rule, kind, limit = (query.pop(name) for name in ("rule", "kind", "limit"))
        found = cut_blocks(chosen(request, query).traces(), rule, kind, limit)
        return Response(CutSerializer(found, many=True).data)
