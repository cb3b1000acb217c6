import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from mien.domain.errors import GalleryError
from mien.gallery.names import full_name, is_sought, meant_id, name_to_enrol, named, similar_names, tidy_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ann \t  Lee ", "Ann Lee"),
        ("Zoe\u0308", "Zoë"),
        ("a/../b", "a/../b"),
        ("line\nbreak\x00and\u2028more", "line break and more"),
        ("Jörg 🙂", "Jörg 🙂"),
        ("broken \udcff bytes", "broken bytes"),
        ("x" * 200, "x" * 200),
        ("Bob\u200b", "Bob"),
        ("B\u200do\u200cb", "Bob"),
        ("\u202eBob\u202c\ufeff", "Bob"),
        ("Zoe\u00ad\u0308", "Zoë"),
        ("اسم\u200c\u200b", "اسم"),
    ],
)
def test_names_are_kept_as_data_without_odd_spaces(given, kept):
    assert tidy_name(given) == kept
    assert tidy_name(kept) == kept


@pytest.mark.parametrize(
    "given",
    ["علی\u200cرضا", "ශ්\u200dරී", "അനില്\u200d", "क्\u200cष"],
    ids=["Persian", "Sinhala", "Malayalam", "Hindi"],
)
def test_joiners_stay_where_a_script_needs_them(given):
    assert tidy_name(given) == given


@given_any(st.text(st.one_of(st.characters(categories=["Cf", "Mn", "Zs"]), st.sampled_from("aب\u200c\u200d\u094d"))))
def test_a_tidy_name_is_tidy(given):
    tidied = tidy_name(f"x{given}")
    assert tidy_name(tidied) == tidied


@pytest.mark.parametrize("given", ["", "   ", "\n\t", "\x00", "\u200b\u200d"])
def test_an_empty_name_is_refused(given):
    with pytest.raises(GalleryError, match="must not be empty"):
        tidy_name(given)


def test_a_name_that_is_too_long_is_refused_with_the_limit():
    with pytest.raises(GalleryError, match=r"may have 200 characters.*has 300"):
        tidy_name("🙂" * 300)


@pytest.mark.parametrize("given", ["person-0001", " unknown-12345 ", "Unknown-0007"])
def test_a_name_that_could_be_an_id_is_not_enrolled(given):
    with pytest.raises(GalleryError, match="form of an id"):
        name_to_enrol(given)


@pytest.mark.parametrize("given", ["Person", "unknown-7", "unknown-0007 b", "Ann"])
def test_other_names_are(given):
    assert name_to_enrol(f" {given} ") == given


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Aad", ("Ada",)),
        ("LOVELACE", ("Ada Lovelace",)),
        ("hoper", ("Grace Hopper",)),
        ("hopper", ("Grace Hopper",)),
        ("Grace Hoper", ("Grace Hopper",)),
        ("Turing", ()),
    ],
)
def test_a_name_that_is_not_there_finds_those_that_are_like_it(typed, meant):
    assert similar_names(typed, ("Ada Lovelace", "Ada", "Grace Hopper")) == meant


def test_at_most_three_names_are_alike():
    assert len(similar_names("Ann", [f"Ann {number}" for number in range(9)])) == 3


@pytest.mark.parametrize("typed", ["Fraga", "fraga", "Arminio Fraga", "FRAGÁ", "fraga-arminio", "Fragga"])
def test_words_of_a_name_are_found_whatever_parts_them_and_however_they_are_accented(typed):
    assert similar_names(typed, ("Jean_Chretien", "Arminio_Fraga")) == ("Arminio_Fraga",)
    assert similar_names("chretien", ("Jean-Chrétien", "Ann")) == ("Jean-Chrétien",)


def test_a_name_of_no_words_is_like_itself_alone():
    assert similar_names("🙂", ("🙂🙂", "Ann")) == ("🙂🙂",)
    assert similar_names("🙂", ("Ann",)) == ()


def test_an_id_is_meant_by_its_number():
    assert [*map(meant_id, ("unknown-7", "Person-0012", "unknown-12345"))] == [
        "unknown-0007",
        "person-0012",
        "unknown-12345",
    ]
    assert [*map(meant_id, ("unknown", "person-", "x-1", "unknown-7b"))] == [""] * 4
    assert meant_id("unknown-" + "9" * 5000) == ""


def test_who_has_an_id_is_named_with_it():
    assert named("person-0001", {"person-0001": "Ann"}) == "'Ann' (person-0001)"
    assert named("unknown-0001", {}) == "unknown-0001"


@pytest.mark.parametrize("sought", ["zoe", "ADAMS", "e ad", "Zoë", "zoe-adams"])
def test_a_name_is_found_by_part_of_it(sought):
    assert is_sought(sought, "Zoë Adams") and not is_sought(sought, "Ann Bell")


def test_a_name_of_two_words_that_were_asked_for_is_tidy_and_no_id():
    assert full_name("  Ada ", " King \t Lovelace") == "Ada King Lovelace"
    assert full_name("Ada", "") == full_name("Ada ", "  ") == "Ada"
    for first, last, words in (("", "", "a first name is needed"), (" ", "Lovelace", "a first name is needed")):
        with pytest.raises(GalleryError, match=words):
            full_name(first, last)
    with pytest.raises(GalleryError, match="has the form of an id"):
        full_name("unknown-0007", " ")
    with pytest.raises(GalleryError, match="200 characters"):
        full_name("x" * 150, "y" * 50)
