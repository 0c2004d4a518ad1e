"""What a write of the APIs proves again where it takes effect: the token and the permissions that it was allowed on (D8).

The writer looks before the write, and once more when it holds the end of the instance's log. Whatever takes a token or a
permission away is an event of that log, so it has committed before that look and is seen, or commits after the write did.
"""

from collections.abc import Sequence

from admincenter.core.ports import Facts, Proof, Tx


def of(facts: Facts) -> Proof:
    """The proof for a write that the gate allowed on these facts."""
    return Proof(facts.instance, facts.app_id, facts.token_digest, facts.access_version)


def holding(tx: Tx, proofs: Sequence[Proof]) -> list[bool]:
    """Of each whether it holds at this moment."""
    if not proofs:
        return []
    standing = set(tx.integrations.proofs(sorted({each.app_id for each in proofs})))
    return [each in standing for each in proofs]
