"""Reads DOCX files.

reader.py     the file: its limits, its parts, its sections
body.py       paragraphs and tables in order
text.py       the text of one paragraph
styles.py     headings, hidden and raised text, by a run's own properties and its styles
numbering.py  the numbers of list items and headings
"""
