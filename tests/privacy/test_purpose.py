"""What a purpose allows."""

from typing import get_args

import pytest

from mien.privacy.purpose import MEANINGS, Basis, PrivacySettings, Purpose, PurposeName


@pytest.mark.parametrize("name", sorted(set(get_args(PurposeName)) - {"workplace", "education"}))
def test_elsewhere_expressions_are_read_without_a_word(name: PurposeName) -> None:
    purpose = Purpose.of(PrivacySettings(purpose=name))
    assert purpose.allows_expressions and purpose.why_not == ""


@pytest.mark.parametrize("name", ["workplace", "education"])
@pytest.mark.parametrize("basis", get_args(Basis))
@pytest.mark.parametrize("reference", ["", "  ", "ethics vote 2026-11, 3 May"])
def test_at_work_and_school_they_need_a_basis_and_where_it_is_written(
    name: PurposeName, basis: Basis, reference: str
) -> None:
    purpose = Purpose.of(PrivacySettings(purpose=name, basis=basis, reference=reference))
    assert purpose.allows_expressions == bool(basis and reference.strip())
    assert bool(purpose.why_not) != purpose.allows_expressions
    if purpose.why_not:
        assert name in purpose.why_not and "5(1)(f)" in purpose.why_not and "\n" not in purpose.why_not
        assert ("privacy.basis" in purpose.why_not) == (not basis)
        assert ("privacy.reference" in purpose.why_not) == (not reference.strip())


def test_every_purpose_says_what_it_means() -> None:
    assert set(MEANINGS) == set(get_args(PurposeName)) and all(MEANINGS.values())
