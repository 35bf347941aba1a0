"""Reads HTML.

reader.py     the page: its main part, its title, its sections
blocks.py     paragraphs, headings, lists and tables in order
elements.py   kinds of elements, and what is left out
lines.py      the marks and lines of lists, the cells of tables
"""
