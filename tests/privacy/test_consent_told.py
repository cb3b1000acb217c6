"""What is told of consent goes on record as given where something proves it, and else as what an operator declares."""

from datetime import UTC, datetime

import pytest

from mien.domain.errors import UsageError
from mien.domain.people.consent import SCOPES, Consent, ConsentText, NewConsent
from mien.privacy.consent import consent_told, declaration
from mien.privacy.purpose import Purpose

EVERYTHING, ONE = frozenset(SCOPES), frozenset({SCOPES[0]})
OWN = ConsentText.of("We know you by your face.")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_a_proof_makes_it_given():
    told = consent_told(Purpose("workplace"), OWN, ONE, " 2026-03 ", " form 17 ", NOON)
    assert told == NewConsent(ONE, "2026-03", "form 17", NOON) and not told.is_declared


@pytest.mark.parametrize(("version", "text"), [(f" {OWN.version}\n", OWN.text), ("2026-03", ""), ("", "")])
def test_the_own_text_is_kept_where_its_version_is_named(version, text):
    assert consent_told(Purpose(), OWN, ONE, version, "form 17").text == text


@pytest.mark.parametrize("scopes", [ONE, EVERYTHING], ids=len)
@pytest.mark.parametrize("evidence", ["", " \n", "declared by the operator"])
def test_without_one_it_is_declared_to_however_many_uses(scopes, evidence):
    told = consent_told(Purpose(), OWN, scopes, "2026-03", evidence, NOON)
    assert told == NewConsent(scopes, "2026-03", "declared by the operator", NOON) and told.is_declared
    assert all(one.is_declared for one in told.records("person-0001", NOON))
    for name in ("workplace", "education"):
        with pytest.raises(UsageError, match=r'what proves it.*--evidence "form 17"'):
            consent_told(Purpose(name), OWN, scopes, "2026-03", evidence, NOON)


def test_on_a_basis_consent_has_to_be_given_all_the_same():
    with pytest.raises(UsageError, match="on an operator's word"):
        declaration(Purpose("workplace", "safety", "risk assessment"))
    assert declaration(Purpose()).is_declared


def test_a_record_without_a_proof_is_declared_whichever_text_it_names():
    record = Consent("person-0001", "identify", "mien-app-1", "", NOON)
    assert record.is_declared
