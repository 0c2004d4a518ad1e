"""Every setting of the server: one frozen value from flags and environment; nonsense is refused before anything starts (D15).

A flag beats its variable, the variable beats the default. `docs/reference/settings.md` is written from `SETTINGS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from admincenter.core.errors import NetworkBad, StartRefused
from admincenter.core.network import Network, parse_address, parse_network

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, read and consistent."""

    host: str
    port: int
    workers: int
    data: Path
    database_url: str = field(repr=False)
    public_url: str
    trusted_proxies: tuple[Network, ...]
    tls_cert: Path | None
    tls_key: Path | None
    key_file: Path | None
    checkpoint_dir: Path | None
    allow_credentials_in_url: bool
    metrics: str
    log_format: str
    access_log: bool
    max_connections: int
    mint_rate: int
    mint_burst: int
    api_rate: int
    api_burst: int
    wrong_secret_burst: int
    wrong_secret_seconds: int
    account_history_days: int

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return _is_loopback(self.host)

    @property
    def scheme(self) -> str:
        """What the listening socket itself speaks."""
        return "https" if self.tls_cert else "http"


class Setting(NamedTuple):
    """One row of the table: its name in code and as a flag, its variable, default, parser and meaning."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str

    @property
    def flag(self) -> str:
        """The flag of `admincenter serve`."""
        return "--trusted-proxy" if self.name == "trusted_proxies" else "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "ADMINCENTER_" + self.name.upper()


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _switch(text: str) -> bool:
    known = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
    if text.lower() not in known:
        raise ValueError("on or off")
    return known[text.lower()]


def _one_of(*known: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(" or ".join(known))
        return text

    return parse


def _file(text: str) -> Path | None:
    return Path(text) if text else None


def _proxies(text: str) -> tuple[Network, ...]:
    try:
        return tuple(parse_network(each) for each in text.replace(",", " ").split())
    except NetworkBad as error:
        raise ValueError(f"addresses or networks, separated by commas ({error})") from None


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    more = parts.path.strip("/") or parts.query or "@" in parts.netloc
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or more or not _has_good_port(text)):
        raise ValueError("a base address without a path, such as https://admin.example.com")
    return f"{parts.scheme}://{parts.netloc}".lower() if text else ""


def _database_url(text: str) -> str:
    """Never shown. What the library would take apart otherwise than a person would, its complaints could show."""
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("postgresql://role@host/name")
    if parts.netloc.count("@") > 1 or "@" in f"{parts.path}{parts.query}{parts.fragment}" or parts.fragment:
        raise ValueError("postgresql://role:password@host/name, with each of @ / ? # in role or password as %40 %2F %3F %23")
    return text


SETTINGS = (
    Setting(
        "host",
        "127.0.0.1",
        str,
        "The address to listen on. Off loopback, TLS or a trusted proxy, and a public URL are required.",
    ),
    Setting("port", "8080", _number(0, 65535), "The port to listen on; 0 lets the system choose one."),
    Setting("workers", "1", _number(1, 64), "How many processes serve. Limits are counted per process."),
    Setting("data", "./data", Path, "The data directory: the database (unless it is PostgreSQL), the key file, nothing else."),
    Setting(
        "database_url",
        "",
        _database_url,
        "A PostgreSQL database for the data, as `postgresql://role@host/name`; unset, they are in the data directory.",
    ),
    Setting("public_url", "", _public_url, "The base address that clients use. Required off loopback; another Host gets 400."),
    Setting(
        "trusted_proxies",
        "",
        _proxies,
        "Addresses or networks of your reverse proxies; only they are believed about X-Forwarded-For.",
    ),
    Setting("tls_cert", "", _file, "A PEM file with the certificate chain; with `tls_key` the server speaks TLS itself."),
    Setting("tls_key", "", _file, "A PEM file with the certificate's private key."),
    Setting("key_file", "", _file, "Where the server keys are, if not `server.key` in the data directory."),
    Setting("checkpoint_dir", "", _file, "A directory for signed checkpoints of the audit log, best on another machine."),
    Setting(
        "allow_credentials_in_url",
        "off",
        _switch,
        "Whether credentials in a URL are accepted at all (each integration has a flag of its own).",
    ),
    Setting(
        "metrics",
        "loopback",
        _one_of("loopback", "on", "off"),
        "Who may read /metrics: clients on loopback, everybody, nobody.",
    ),
    Setting("log_format", "console", _one_of("console", "json"), "How the server log is written, on standard error."),
    Setting("access_log", "on", _switch, "Whether each request is a line of the server log."),
    Setting("max_connections", "8192", _number(1, 1_000_000), "How many connections a process holds; more get 503."),
    Setting("mint_rate", "20", _number(1, 100_000), "Token requests a second that one integration may make for long."),
    Setting("mint_burst", "200", _number(1, 1_000_000), "Token requests that one integration may make at once."),
    Setting("api_rate", "500", _number(1, 1_000_000), "API calls a second that one integration may make for long."),
    Setting("api_burst", "2000", _number(1, 10_000_000), "API calls that one integration may make at once."),
    Setting("wrong_secret_burst", "10", _number(1, 1_000_000), "Wrong secrets at once, per App ID and network (/24, /56)."),
    Setting("wrong_secret_seconds", "5", _number(1, 86_400), "After those, one more wrong secret per this many seconds."),
    Setting("account_history_days", "90", _number(1, 36_500), "For how many days it is kept what accounts looked like before."),
)
"""The table. One row a setting, in the order in which they are documented."""


def read(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """The settings of flags (by name) and environment. Raises StartRefused with one line that says what to change."""
    known = {each.variable for each in SETTINGS}
    unknown = sorted(name for name in environment if name.startswith("ADMINCENTER_") and name not in known)
    if unknown:
        raise StartRefused(f"There is no setting {unknown[0]}; see docs/reference/settings.md")
    found = Settings(**{each.name: _value(each, flags, environment) for each in SETTINGS})
    _refuse_contradictions(found)
    return found


def one(name: str, flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Any:
    """One setting alone, for a command that needs no other. Raises StartRefused."""
    return _value(next(each for each in SETTINGS if each.name == name), flags, environment)


def _value(setting: Setting, flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Any:
    flag = flags.get(setting.name)
    text = flag if flag is not None else environment.get(setting.variable, setting.default)
    try:
        return setting.parse(text.strip())
    except ValueError as error:
        source = setting.flag if flag is not None else setting.variable
        shown = "wrong" if setting.name == "database_url" else repr(text)  # it may hold a password
        raise StartRefused(f"{source} is {shown}; it must be {error}") from None


def _is_loopback(host: str) -> bool:
    address = parse_address(host.strip("[]"))
    return host == "localhost" or (address is not None and address.is_loopback)


def _refuse_contradictions(found: Settings) -> None:
    if (found.tls_cert is None) != (found.tls_key is None):
        raise StartRefused("--tls-cert and --tls-key belong together; give both or none")
    for path in (found.tls_cert, found.tls_key):
        if path is not None and not path.is_file():
            raise StartRefused(f"There is no file {path}")
    if found.on_loopback:
        return
    if not found.tls_cert and not found.trusted_proxies:
        raise StartRefused(
            f"{found.host} is not loopback: give --tls-cert and --tls-key, or --trusted-proxy with your proxy's address"
        )
    if not found.public_url:
        raise StartRefused(f"{found.host} is not loopback: give --public-url, the base address that clients use")
