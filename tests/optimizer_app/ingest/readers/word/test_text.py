"""One paragraph: changes accepted, scripts told from digits, nothing lost without a word."""

from __future__ import annotations

import pytest

from tests.optimizer_app.ingest.readers.files import left_out, paragraph, read_docx_of, run, text_of

RAISED = '<w:vertAlign w:val="superscript"/>'
LOWERED = '<w:vertAlign w:val="subscript"/>'


def inserted(text: str) -> str:
    return f'<w:ins w:id="2" w:author="a">{run(text)}</w:ins>'


def deleted(text: str) -> str:
    return f'<w:del w:id="1" w:author="a"><w:r><w:delText>{text}</w:delText></w:r></w:del>'


def control(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (["Rent is ", deleted("700"), inserted("750"), " a month."], "Rent is 750 a month."),
        (["Moved ", f'<w:moveTo w:id="3">{run("here")}</w:moveTo>', "."], "Moved here."),
        (["Name: ", control(run("Ada")), "."], "Name: Ada."),
        ([f'<w:hyperlink r:id="r">{run("our site")}</w:hyperlink>'], "our site"),
        ([f'<w:fldSimple w:instr="DATE">{run("3 May")}</w:fldSimple>'], "3 May"),
        ([f"<w:smartTag>{run('Oslo')}</w:smartTag>"], "Oslo"),
        (["4", run("2", RAISED), " km"], "4^2 km"),
        (["CO", run("2", LOWERED), " and H", run("2", LOWERED), "O"], "CO_2 and H_{2}O"),
        (["10", run("1", RAISED), run("2", RAISED), " bits"], "10^12 bits"),
        (["x", run("n+1", RAISED)], "x^{n+1}"),
        (["log", run("10", LOWERED), "100"], "log_{10}100"),
        (["the 3", run("rd", RAISED), " time"], "the 3rd time"),
        (["Brand", run("®", RAISED)], "Brand®"),
        (["old ", run("10", "<w:strike/>"), " new 12"], "old ~~10~~ new 12"),
        ([run("a"), "<w:r><w:tab/></w:r>", run("b"), "<w:r><w:br/></w:r>", run("c")], "a\tb\nc"),
        (["co", "<w:r><w:noBreakHyphen/></w:r>", "op"], "co-op"),
        (["20 ", '<w:r><w:sym w:font="Symbol" w:char="F0B0"/></w:r>', "C"], "20 °C"),
        (["x ", '<w:r><w:sym w:font="Odd" w:char="F055"/></w:r>'], "x \N{REPLACEMENT CHARACTER}"),
        (
            ["<w:r><w:ruby><w:rt><w:r><w:t>kana</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r>"
             "</w:rubyBase></w:ruby></w:r>"],
            "漢",
        ),
        (
            ["Area ", "<m:oMath><m:sSup><m:e><m:r><m:t>r</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r>"
             "</m:sup></m:sSup></m:oMath>"],
            "Area r^2",
        ),
    ],
)  # fmt: skip
def test_it_works(runs: list[str], text: str) -> None:
    assert text_of(read_docx_of(paragraph(*runs))) == text


def test_a_look_that_a_style_gives_counts() -> None:
    import docx
    from docx.enum.style import WD_STYLE_TYPE

    document = docx.Document()
    base = document.styles.add_style("Power", WD_STYLE_TYPE.CHARACTER)
    base.font.superscript = True
    derived = document.styles.add_style("Power of ten", WD_STYLE_TYPE.CHARACTER)
    derived.base_style = base
    raised = run("9", f'<w:rStyle w:val="{derived.style_id}"/>')
    plain = run("9", f'<w:rStyle w:val="{derived.style_id}"/><w:vertAlign w:val="baseline"/>')
    assert text_of(read_docx_of(paragraph("10", raised, " and 10", plain), document)) == "10^9 and 109"


@pytest.mark.parametrize(
    ("runs", "kind"),
    [
        ([deleted("gone"), deleted("too")], "deleted passages"),
        ([f'<w:moveFrom w:id="3">{run("gone")}</w:moveFrom>', deleted("x")], "deleted passages"),
        ([run("gone", "<w:vanish/>"), run("gone", '<w:vanish w:val="1"/>')], "hidden passages"),
        (['<w:r><w:commentReference w:id="0"/></w:r>'] * 2, "comments"),
        ([control(run("gone"), "<w:showingPlcHdr/>")] * 2, "placeholders"),
        (["<w:r><w:object/></w:r>"] * 2, "embedded objects"),
        (["<w:r><w:drawing><pic:pic/></w:drawing></w:r>"] * 2, "images without a description"),
        (["<w:r><w:drawing><c:chart/></w:drawing></w:r>"] * 2, "charts and diagrams"),
    ],
)
def test_what_is_left_out_is_counted(runs: list[str], kind: str) -> None:
    read = read_docx_of(paragraph("Kept.", *runs))
    assert text_of(read) == "Kept."
    assert left_out(read) == {kind: 2}


def test_hidden_that_is_turned_off_is_shown() -> None:
    assert text_of(read_docx_of(paragraph(run("shown", '<w:vanish w:val="0"/>')))) == "shown"


def test_a_picture_has_its_description() -> None:
    drawing = '<w:r><w:drawing><wp:docPr id="1" name="x" descr="Sales by year"/><pic:pic/></w:drawing></w:r>'
    read = read_docx_of(paragraph("See ", drawing))
    assert (text_of(read), read.left_out) == ("See [image: Sales by year]", ())


def test_a_field_s_code_is_no_text() -> None:
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGEREF x</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("7")}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert text_of(read_docx_of(paragraph("page ", field))) == "page 7"
