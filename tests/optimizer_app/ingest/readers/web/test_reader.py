"""HTML: all that a browser shows of the main part, and nothing that it hides."""

from __future__ import annotations

import pytest

from optimizer_app.ingest.read import UnreadableDocument, read_text
from tests.optimizer_app.ingest.readers.files import left_out, text_of


def page(body: str) -> str:
    return f"<!doctype html><html><head><title>A page</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("loose <b>words</b>\n and <i>more</i>", "loose words and more"),
        ("<p>Forbidden:</p><ul><li>smoke<li>keep <em>cats</em></ul>", "Forbidden:\n\n- smoke\n- keep cats"),
        ("<ul><li><a href='/a'>Prices</a><li><a href='/b'>Terms</a></ul>", "- Prices\n- Terms"),
        ("<ol start=3><li>c<li value=9>i<li>j</ol>", "3. c\n9. i\n10. j"),
        ("<ol type=a><li>x<li>y</ol><ol type=I reversed><li>x<li>y</ol>", "a. x\nb. y\n\nII. x\nI. y"),
        ("<ul><li>fruit<ul><li>fig</ul><li>nuts</ul>", "- fruit\n  - fig\n- nuts"),
        ("<ul><li>a<ul><li>b</ul></li><ul><li>c</ul></ul>", "- a\n  - b\n- c"),
        ("<ul>loose<li>item</ul>", "loose\n\nitem"),
        ("<ol><li><p>one</p><p>two</p><li>three</ol>", "1. one\n  two\n2. three"),
        ("<dl><dt>Rent<dd>700</dd><dd>monthly</dd><dt>Deposit<dd>1,400</dl>",
         "Rent\n: 700\n: monthly\nDeposit\n: 1,400"),
        ("<table><tr><th>a<th>b<tr><td rowspan=2>r<td>1<tr><td>2</table>", "a | b\nr | 1\nr | 2"),
        ("<table><caption>Fees</caption><tr><td colspan=2>all<td>5</table>", "Fees\n\nall |  | 5"),
        ("<table><tr><td><ul><li>x<li>y</ul><td>z</table>", "- x; - y | z"),
        ("<table><tr><td>left<table><tr><td>a<td>b</table></table>", "left\n\na | b"),
        ("10<sup>6</sup> units, CO<sub>2</sub>, H<sub>2</sub>O", "10^6 units, CO_2, H_{2}O"),
        ("the 2<sup>nd</sup> time<sup><a href='#n'>[4]</a></sup>", "the 2nd time[4]"),
        ("was <s>10</s> is <q>12</q>", "was ~~10~~ is “12”"),
        ("one<br>two<br/> three", "one\ntwo\nthree"),
        ("<pre>  def f():\n    pass</pre>", "  def f():\n    pass"),
        ("<blockquote><p>said</p></blockquote><div>a<div>b</div>c</div>", "said\n\na\n\nb\n\nc"),
        ("before <a href='/x'><div>block</div></a> after", "before\n\nblock\n\nafter"),
        ("<details><summary>More</summary>Inside.</details>", "More\n\nInside."),
        ("<img src=a alt='Sales by year'>", "[image: Sales by year]"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mfrac><mn>1</mn><mi>y</mi></mfrac></math>",
         "x^2=(1)/(y)"),
        ("<span><math><mi>E</mi></math></span><span aria-hidden=true>E</span> is energy", "E is energy"),
        ("<header>Shop</header><p>Open.</p><footer>Call 555.</footer>", "Shop\n\nOpen.\n\nCall 555."),
        ("<ruby>漢<rp>(</rp><rt>kan</rt></ruby>", "漢 (kan)"),
        ("<p aria-hidden=true>seen</p><p style='font-size:0.9em'>small</p>", "seen\n\nsmall"),
    ],
)  # fmt: skip
def test_it_works(body: str, text: str) -> None:
    assert text_of(read_text(page(body).encode(), name="a.html")) == text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<nav>Menu</nav><div role=navigation>Menu</div>", "navigation menus"),
        ("<p hidden>x</p><p style='color:red; DISPLAY: none'>x</p>", "hidden passages"),
        ("<template>x</template><dialog>x</dialog>", "hidden passages"),
        ("<ul><li hidden>x</ul><span style='visibility:hidden'>x</span>", "hidden passages"),
        ("<del>x</del><del>y</del>", "deleted passages"),
        ("<button>Buy</button><select><option>a</select>", "form controls"),
        ("<img src=a><img src=b alt=''>", "images without a description"),
        ("<iframe src=x></iframe><video src=y></video>", "embedded objects"),
    ],
)
def test_what_is_left_out_is_counted(body: str, kind: str) -> None:
    read = read_text(page(f"<p>Kept.</p>{body}").encode(), name="a.html")
    assert text_of(read) == "Kept."
    assert left_out(read) == {kind: 2}


def test_scripts_and_comments_are_no_text() -> None:
    read = read_text(page("<script>x()</script><style>p{}</style><!-- c --><p>Kept.</p>").encode())
    assert (text_of(read), read.left_out) == ("Kept.", ())


def test_the_main_part_is_read_alone() -> None:
    body = "<header>Our shop</header><main><p>The lease.</p></main><aside>Read this too</aside>"
    read = read_text(page(body).encode())
    assert text_of(read) == "The lease."
    assert left_out(read) == {"words outside the main part": 5}


def test_it_has_its_headings_and_its_title() -> None:
    html = page("<h1>Lease <small>of 2026</small></h1><p>Start.</p><h2>Rent</h2><p>700.</p>")
    read = read_text(html.encode(), name="a.html")
    assert read.title == "A page"
    assert [(section.title_path, section.text) for section in read.sections] == [
        ("Lease of 2026", "Start."),
        ("Lease of 2026 / Rent", "700."),
    ]


def test_a_long_heading_is_a_text_too() -> None:
    heading = "word " * 60
    read = read_text(page(f"<h1>{heading}</h1><p>Text.</p>").encode())
    assert text_of(read) == f"{heading.strip()}\n\nText."


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-2", "shift_jis"])
def test_the_encoding_that_it_declares_is_its_own(encoding: str) -> None:
    text = {"cp1252": "Größe – “gut”", "iso-8859-2": "Łódź, żółw", "shift_jis": "日本語の文"}[encoding]
    html = f"<!doctype html><head><meta charset='{encoding}'></head><body><p>{text}</p></body>"
    assert text_of(read_text(html.encode(encoding), name="a.html")) == text


def test_deep_nesting_is_read_or_refused() -> None:
    deep = "<div>" * 5_000 + "x" + "</div>" * 5_000
    with pytest.raises(UnreadableDocument, match="nested too deeply"):
        read_text(page(deep).encode())
    assert text_of(read_text(page("<div>" * 150 + "x").encode())) == "x"
