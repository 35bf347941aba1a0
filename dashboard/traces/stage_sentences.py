"""What each stage does, in a sentence for whoever meets its name on a page."""

from __future__ import annotations

STAGE_SENTENCES = {
    "budget": "Finds out how many tokens the model takes where no budget is set.",
    "frozen": "Sends earlier turns again as they were sent, to the byte, so that the provider's cache holds.",
    "compaction": "Works on all turns anew, also on those that were sent before, where that pays.",
    "turns": "Marks the newest turns, whose prose stays.",
    "restore": "Puts back what the newest question asks for and earlier turns had left out.",
    "junk": "Drops older answers that say nothing, like “Sure.”",
    "numbers": "Leaves out line numbers of files that can be counted: every fifth stays.",
    "whitespace": "Takes out spare whitespace, and says once what stands many times in a row.",
    "dedupe": "Puts a reference in the place of a text that stands in another block, too.",
    "json": "Writes JSON in a shorter form that holds the same data.",
    "tools": "Shortens descriptions of tools; names, fields and types stay.",
    "retrieval": "Puts passages of stored documents before the question.",
    "logs": "Cuts long logs down to errors, their last lines and what was asked for.",
    "semantic": "Judges what each document and old turn has to do with the question; cuts nothing itself.",
    "passages": "Leaves out the passages that are worth least, to stay within the hard budget.",
    "target": "Leaves out passages that the question does not need, until the soft target is met.",
    "results": "Leaves out lines of long tool results that the agent is not after.",
    "compress": "Shortens old prose and documents, as far as they keep saying the same.",
    "oldest": "Leaves out the oldest turns, to stay within the hard budget.",
    "read_back": "Gives the model a tool to read what was left out.",
    "optimizer": "All stages together: they failed, and the prompt went on as it was.",
}
