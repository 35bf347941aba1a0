"""Worked examples before what is asked, and what of questions and answers is left unanswered."""
