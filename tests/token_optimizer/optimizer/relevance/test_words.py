"""The words of texts, and their stems."""

from token_optimizer.optimizer.relevance.words import is_content_word, is_english, stem_words, stems, stems_of


def test_contractions_leave_no_word() -> None:
    assert stems(["I'm sure we'll see, it's 9.7 m"]) == [["sur", "see", "9", "7"]]


def test_text_without_spaces_is_compared_by_runs_of_characters() -> None:
    assert stems(["仓库的钥匙"]) == [["仓库", "库的", "的钥", "钥匙"]]
    assert set(stems(["钥匙在哪里？"])[0]) & set(stems(["仓库的钥匙"])[0]) == {"钥匙"}
    assert stems(["ห้อง A7"]) == [["ห้อ", "้อง", "a7"]]
    assert stems(["इतिहास की किताब"]) == [["इतिहास", "की", "किताब"]]


def test_forms_of_a_word_have_one_stem() -> None:
    assert stems(["bridge bridges BRIDGED", "running runs"]) == [["bridg"] * 3, ["runn", "run"]]
    assert stems(["order ordered", "Consider what is considered", "filters filtering"]) == [
        ["ord"] * 2,
        ["consid"] * 2,
        ["filt"] * 2,
    ]


def test_an_ending_comes_off_behind_three_letters_alone() -> None:
    assert stems_of("ties bees agreements seemingly") == ["tie", "bee", "agree", "seem"]
    assert stems_of("a1bed 1200s Käses") == ["a1bed", "1200s", "käs"]


def test_a_stem_is_written_as_the_shortest_of_its_words() -> None:
    written, of_texts = stem_words(["two bridges", "a bridge of stones"])
    assert written == {"two": "two", "bridg": "bridge", "ston": "stones"}
    assert of_texts == [{"two", "bridg"}, {"bridg", "ston"}]


def test_function_words_and_single_letters_say_nothing() -> None:
    assert [word for word in ("The", "x", "mill", "whose", "7") if is_content_word(word)] == ["mill"]


def test_function_words_of_other_languages_say_nothing_where_they_are_no_english() -> None:
    assert stems_of("Wann werden Möbel zurückgenommen?") == stems_of("Möbel zurückgenommen")
    assert stems_of("Кто взял мебель?") == stems_of("взял мебель")
    assert stems_of("the die is cast") == ["die", "cast"]


def test_forms_of_a_word_have_one_stem_in_other_scripts() -> None:
    assert len(set(stems_of("Монреаль Монреаля Монреалю"))) == 1
    assert len(set(stems_of("правительство правительства правительством"))) == 1
    assert len(set(stems_of("γλώσσα γλώσσας"))) == len(set(stems_of("δήλωση δήλωσης"))) == 1
    assert stems_of("المرسوم مرسوم") == ["مرسوم"] * 2
    assert stems_of("शहर शहरों") == ["शहर"] * 2


def test_a_question_is_english_by_its_function_words() -> None:
    assert is_english("Who signed the letter")
    assert not any(map(is_english, ("Wer hat den Brief signiert?", "Quién firmó la carta?", "谁签了字？")))
