"""What people are asked before they are enrolled, by the purpose and the text of a home."""

import pytest

from mien.domain.errors import EnrolmentRefused, UsageError
from mien.domain.people.consent import DECLARATION, ConsentText
from mien.privacy.asking import ConsentQuestions
from mien.privacy.purpose import PrivacySettings

IDENTIFY = frozenset({"identify"})


def test_at_home_a_word_is_enough_and_everything_is_asked_about() -> None:
    questions = ConsentQuestions.of(PrivacySettings(), " You may leave. ")
    assert questions.own == ConsentText.of("You may leave.")
    assert (questions.scopes, questions.needs_proof) == (("identify", "expression", "keep"), False)
    assert not questions.lacks_proof("")
    declared, given = (questions.told(IDENTIFY, proof) for proof in ("", "form 17"))
    assert declared.is_declared and not given.is_declared and given.evidence == "form 17"
    assert (given.scopes, given.version, given.text) == (IDENTIFY, questions.own.version, "You may leave.")
    questions.check_uses(IDENTIFY)
    with pytest.raises(EnrolmentRefused, match="does not want to be recognised"):
        questions.check_uses(frozenset({"keep"}))


def test_at_work_something_has_to_prove_it_and_nobody_is_asked_for_expressions() -> None:
    questions = ConsentQuestions.of(PrivacySettings(purpose="workplace"), "")
    assert (questions.scopes, questions.needs_proof) == (("identify", "keep"), True)
    for word in ("", "  ", DECLARATION):
        assert questions.lacks_proof(word)
        with pytest.raises(UsageError, match="for workplace nobody is enrolled unless something proves"):
            questions.told(IDENTIFY, word)
    assert not questions.lacks_proof("form 17") and not questions.told(IDENTIFY, "form 17").is_declared
    medical = PrivacySettings(purpose="workplace", basis="medical", reference="file 3")
    assert ConsentQuestions.of(medical, "").scopes == ("identify", "expression", "keep")
