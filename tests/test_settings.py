"""Settings: a flag beats its variable, the variable beats the default, and nonsense is refused before anything starts."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from admincenter import settings
from admincenter.core.errors import StartRefused
from admincenter.settings import SETTINGS, Settings
from tests.certificates import self_signed

SAMPLES = {
    "host": ("127.0.0.1", "localhost", "127.0.0.2", "::1"),
    "port": (8080, 1, 0, 65_535),
    "workers": (1, 2, 3, 64),
    "data": (Path("data"), Path("a"), Path("b"), Path("/c")),
    "database_url": ("", "postgresql://a@b/c", "postgres:///d?host=/run/e", "postgresql://%40:%2F@f"),
    "public_url": ("", "https://a.example", "http://b.example", "https://c.example:8443"),
    "checkpoint_dir": (None, Path("a"), Path("b"), Path("c")),
    "key_file": (None, Path("a"), Path("b"), Path("c")),
    "metrics": ("loopback", "on", "off", "loopback"),
    "log_format": ("console", "json", "console", "json"),
    "max_connections": (8_192, 1, 2, 1_000_000),
    "mint_rate": (20, 1, 2, 100_000),
    "mint_burst": (200, 1, 2, 1_000_000),
    "api_rate": (500, 1, 2, 1_000_000),
    "api_burst": (2_000, 1, 2, 10_000_000),
    "wrong_secret_burst": (10, 1, 2, 1_000_000),
    "wrong_secret_seconds": (5, 1, 2, 86_400),
    "account_history_days": (90, 1, 2, 36_500),
}
"""By name: the default, and three values."""

BAD = {
    "database_url": (
        "sqlite:data",
        "data.db",
        "host=db dbname=data",
        "postgresql://a:hidden@b@c/d",
        "postgresql://a:hidden/b@c/d",
        "postgresql://a:hidden?b@c/d",
        "postgresql://a:hidden#b@c/d",
    ),
    "port": ("-1", "65536", "http", "", "8080.0", "٨٠"),
    "workers": ("0", "65", "two", "-1"),
    "public_url": (
        "admin.example",
        "ftp://admin.example",
        "https://",
        "https://a.example/path",
        "https://u@a.example",
        "https://@a.example",
        "https://a.example:99999",
        "https://a.example:port",
        "https://a?b",
    ),
    "trusted_proxies": ("proxy.example", "10.0.0.1/8", "10.0.0.0/33", "010.0.0.1", "fe80::1%eth0"),
    "allow_credentials_in_url": ("maybe", "", "2"),
    "metrics": ("public", "", "ON"),
    "log_format": ("xml", ""),
    "access_log": ("quiet", ""),
    "max_connections": ("0", "1e3"),
    "mint_rate": ("0", "100001", "∞"),
    "mint_burst": ("0",),
    "api_rate": ("0",),
    "api_burst": ("0",),
    "wrong_secret_burst": ("0",),
    "wrong_secret_seconds": ("0", "86401"),
    "account_history_days": ("0", "36501"),
}


def read(environment: Mapping[str, str] | None = None, /, **flags: str) -> Settings:
    """As `serve` reads them."""
    return settings.read(flags, environment or {})


def _row(name: str) -> settings.Setting:
    return next(each for each in SETTINGS if each.name == name)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_flag_beats_the_variable_and_the_variable_beats_the_default(name: str) -> None:
    default, *values = SAMPLES[name]
    assert getattr(read(), name) == default
    for value, other in zip(values, reversed(values), strict=True):
        assert getattr(read({_row(name).variable: str(value)}), name) == value
        assert getattr(read({_row(name).variable: str(other)}, **{name: str(value)}), name) == value


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_value_that_makes_no_sense_is_refused_and_its_source_is_named(name: str, text: str) -> None:
    with pytest.raises(StartRefused, match=f"^{_row(name).flag} is "):
        read(**{name: text})
    with pytest.raises(StartRefused, match=f"^{_row(name).variable} is "):
        read({_row(name).variable: text})


@pytest.mark.parametrize("text", BAD["database_url"])
def test_a_database_url_is_never_shown(text: str) -> None:
    """It may hold a password."""
    with pytest.raises(StartRefused) as refused:
        read(database_url=text)
    assert "hidden" not in str(refused.value)
    assert "hidden" not in repr(read(database_url="postgresql://a:hidden@b/c"))


@pytest.mark.parametrize("text", ["on", "true", "1", "yes", "ON", "Yes"])
def test_a_switch_is_on_in_all_usual_spellings(text: str) -> None:
    assert read(allow_credentials_in_url=text).allow_credentials_in_url is True


@pytest.mark.parametrize("text", ["off", "false", "0", "no", "OFF"])
def test_a_switch_is_off_in_all_usual_spellings(text: str) -> None:
    assert read(access_log=text).access_log is False


def test_proxies_are_addresses_and_networks_in_one_list() -> None:
    assert [each.text for each in read(trusted_proxies="10.0.0.1, 192.0.2.0/24 2001:db8::/32").trusted_proxies] == [
        "10.0.0.1",
        "192.0.2.0/24",
        "2001:db8::/32",
    ]


def test_spaces_around_a_value_are_nothing() -> None:
    assert read({"ADMINCENTER_PORT": " 9000\n"}).port == 9_000


@pytest.mark.parametrize("name", ["ADMINCENTER_PROT", "ADMINCENTER_", "ADMINCENTER_TRUSTED_PROXY", "ADMINCENTER_port"])
def test_a_variable_that_is_no_setting_is_refused(name: str) -> None:
    """A misspelt ADMINCENTER_TRUSTED_PROXIES must not leave the proxies undeclared in silence."""
    with pytest.raises(StartRefused, match=f"There is no setting {name}"):
        read({name: "1", "PATH": "/bin"})


def test_a_variable_of_another_program_is_not_ours() -> None:
    assert read({"PORT": "1", "HOST": "0.0.0.0", "admincenter_port": "1"}) == read()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "admin.example", "[2001:db8::1]", "127.0.0.1.evil.example", ""])
def test_off_loopback_tls_or_a_proxy_and_a_public_url_are_required(host: str, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "certificate")
    tls = {"tls_cert": str(certificate.chain), "tls_key": str(certificate.key)}
    url, proxy = {"public_url": "https://admin.example"}, {"trusted_proxies": "10.0.0.1"}
    for given in ({}, url):
        with pytest.raises(StartRefused, match="is not loopback: give --tls-cert and --tls-key, or --trusted-proxy"):
            read(host=host, **given)
    for given in (tls, proxy, tls | proxy):
        with pytest.raises(StartRefused, match="is not loopback: give --public-url"):
            read(host=host, **given)
        assert read(host=host, **given, **url).on_loopback is False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8", "::ffff:127.0.0.1"])
def test_on_loopback_nothing_more_is_required(host: str) -> None:
    assert (read(host=host).on_loopback, read(host=host).scheme) == (True, "http")


def test_a_certificate_and_its_key_belong_together_and_must_exist(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "certificate")
    for alone in ({"tls_cert": str(certificate.chain)}, {"tls_key": str(certificate.key)}):
        with pytest.raises(StartRefused, match="belong together"):
            read(**alone)
    with pytest.raises(StartRefused, match=r"There is no file .*missing\.pem"):
        read(tls_cert=str(certificate.chain), tls_key=str(tmp_path / "missing.pem"))
    assert read(tls_cert=str(certificate.chain), tls_key=str(certificate.key)).scheme == "https"


def test_every_setting_has_a_row_a_flag_and_a_variable_of_its_own() -> None:
    assert [each.name for each in SETTINGS] == list(Settings.__dataclass_fields__)
    assert len({each.flag for each in SETTINGS}) == len({each.variable for each in SETTINGS}) == len(SETTINGS)
