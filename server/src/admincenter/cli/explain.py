"""The command `explain`: each step of the decision with its outcome, from the same functions that the server uses."""

from typing import Annotated, Any, NamedTuple

import typer
from typer.exceptions import Exit

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.core import decision, surface, values
from admincenter.core.decision import STEPS, Question
from admincenter.core.errors import CallRefused, IntegrationUnknown, MethodUnknown, PathUnknown, ValueBad
from admincenter.core.network import Address, parse_address
from admincenter.core.ports import Facts, Tx
from admincenter.core.surface import Opener, Opening

app = group("Explain a decision.")

PASSED, REFUSED, NOT_REACHED, NOT_ASKED = "passed", "refused", "not reached", "not asked"

AppId = Annotated[str, typer.Option("--app-id", metavar="APP_ID", help="The integration that would call.")]
From = Annotated[str, typer.Option("--from", metavar="ADDRESS", help="The address that it would call from.")]
Method = Annotated[str, typer.Argument(metavar="METHOD", help="GET or POST, say.")]
Path = Annotated[str, typer.Argument(metavar="PATH", help="/security_audit_logs, say.")]


class Step(NamedTuple):
    """One line of the answer."""

    step: str
    outcome: str
    reason: str


class Answer(NamedTuple):
    """What would be decided, and what was taken for granted."""

    allowed: bool
    assumed: str
    steps: list[Step]


@command(
    app,
    "explain",
    example="admincenter explain --app-id 1001234567890123 --from 203.0.113.9 GET /security_audit_logs",
    of_instance=True,
)
def explain(cli: Context, app_id: AppId, address: From, method: Method, path: Path) -> None:
    """Explain why a call is allowed or refused.

    Takes each step of the server's own decision in order and changes nothing. The credential is taken to be genuine: the
    integration's App Secret, or its token where the path takes one. Limits and the form of the request are not looked at.
    Exits with 0 if the call is allowed, with 1 if it is refused.
    """
    client = parse_address(address)
    if client is None:
        raise ValueBad(f"--from {values.visible(address, 60)!r} is not an IPv4 or IPv6 address")
    answer = cli.read(lambda tx: _answer(tx, _facts(cli, tx, app_id), client, method.upper(), path))
    _tell(cli, answer)
    if not answer.allowed:
        raise Exit(1)


def _facts(cli: Context, tx: Tx, app_id: str) -> Facts:
    """What the gate knows of it. The App ID alone is enough; an instance that is named must be its own."""
    facts = tx.integrations.facts_by_app_id([app_id])[0]
    if facts is None or (cli.wanted_instance is not None and facts.instance != cli.here(tx)):
        raise IntegrationUnknown(values.visible(app_id, 40))
    return facts


def _answer(tx: Tx, facts: Facts, client: Address, method: str, path: str) -> Answer:
    try:
        opening = _route(method, path)
    except CallRefused as refusal:
        return Answer(False, "", [Step("route", REFUSED, str(refusal)), *(Step(each, NOT_REACHED, "") for each in STEPS)])
    route = Step("route", PASSED, f"{opening.method} {opening.path} is opened by {_opened_by(opening)}")
    if opening.opened_by is Opener.PUBLIC:
        return Answer(True, "", [route, *(Step(each, NOT_ASKED, "") for each in STEPS)])
    presented, assumed = _presented(facts, opening)
    made = decision.decide(facts, Question(opening, presented, client, tx.now))
    return Answer(made.refusal is None, assumed, [route, *_steps(made)])


def _route(method: str, path: str) -> Opening:
    """The opening that would answer. Raises PathUnknown, MethodUnknown."""
    openings = surface.at(surface.normal_path(path.partition("?")[0]))
    if not openings:
        raise PathUnknown
    if method not in openings:
        raise MethodUnknown(", ".join(openings))
    return openings[method]


def _opened_by(opening: Opening) -> str:
    return opening.permission.value if opening.permission else str(opening.opened_by.value)


def _presented(facts: Facts, opening: Opening) -> tuple[list[bytes], str]:
    """The digest of the credential that is taken to be presented, and what it is."""
    if opening.takes_secret:
        return [facts.secret_digest], "the integration's own App Secret, taken to be genuine"
    if facts.token_digest is not None:
        return [facts.token_digest], "the integration's present token, taken to be genuine"
    if facts.previous_digest is not None:
        return [facts.previous_digest], "the last token that the integration had; it has none now"
    return [], "a token that is not the integration's; it never had one"


def _steps(made: decision.Decision) -> list[Step]:
    outcomes = [Step(each, PASSED, "") for each in STEPS[: made.passed]]
    if made.refusal is not None:
        outcomes.append(Step(STEPS[made.passed], REFUSED, str(made.refusal)))
    return outcomes + [Step(each, NOT_REACHED, "") for each in STEPS[len(outcomes) :]]


def _tell(cli: Context, answer: Answer) -> None:
    steps: list[dict[str, Any]] = [each._asdict() for each in answer.steps]
    if cli.json:
        output.document({"allowed": answer.allowed, "assumed": answer.assumed, "steps": steps})
        return
    output.table(cli, steps, ("step", "outcome", "reason"), "")
    if answer.assumed:
        print(f"\nPresented: {answer.assumed}.")
    print("The call is allowed." if answer.allowed else "The call is refused.")
