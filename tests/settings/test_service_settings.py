"""Who may sign up, which proxies are believed and which pages let through is written so, and nothing else is taken."""

from pathlib import Path

import pytest

from mien.domain.errors import SettingsError
from mien.settings import load_settings


def loaded(tmp_path: Path, text: str):
    path = tmp_path / "mien.yaml"
    path.write_text(f"service:\n  {text}\n")
    return load_settings(path).service


@pytest.mark.parametrize("word", ["off", "invitation", "open"])
def test_each_mode_is_written_bare(tmp_path, word):
    assert loaded(tmp_path, f"sign_up: {word}").sign_up == loaded(tmp_path, f'sign_up: "{word}"').sign_up == word


def test_off_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_SERVICE__SIGN_UP", "off")
    assert loaded(tmp_path, "port: 1").sign_up == "off"


def test_proxies_are_addresses_and_networks(tmp_path, monkeypatch):
    assert loaded(tmp_path, "port: 1").trusted_proxies == ()
    listed = loaded(tmp_path, 'trusted_proxies: [127.0.0.1, 10.0.0.0/8, "fd00::/8"]').trusted_proxies
    assert listed == ("127.0.0.1", "10.0.0.0/8", "fd00::/8")
    for wrong in ('["*"]', "[proxy.local]", "[10.0.0.1/8]"):
        with pytest.raises(SettingsError, match=r"trusted_proxies.*no address and no network"):
            loaded(tmp_path, f"trusted_proxies: {wrong}")


@pytest.mark.parametrize("word", ["on", "everybody", "3"])
def test_what_is_no_mode_is_told_with_those_that_there_are(tmp_path, word):
    with pytest.raises(SettingsError, match="sign_up: expected 'off', 'invitation' or 'open', got"):
        loaded(tmp_path, f"sign_up: {word}")


def test_origins_are_spelt_as_browsers_do(tmp_path):
    assert loaded(tmp_path, "port: 1").allowed_origins == ()
    listed = loaded(tmp_path, 'allowed_origins: [https://wall.example, "http://192.168.1.20:8080", "http://[::1]:1"]')
    assert listed.allowed_origins == ("https://wall.example", "http://192.168.1.20:8080", "http://[::1]:1")
    for wrong in (
        '"*"',
        "https://*.example",
        "wall.example",
        "https://wall.example/",
        "https://Wall.example",
        "https://wall.example:443",
        "https://ada@wall.example",
        "https://wall.example:99999",
        "ftp://wall.example",
        '"null"',
    ):
        with pytest.raises(SettingsError, match=r"allowed_origins.*no origin as browsers spell it"):
            loaded(tmp_path, f"allowed_origins: [{wrong}]")
