"""Events, the chain, and what its verification finds (D5, D19)."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admincenter.core import audit
from admincenter.core.audit import GENESIS, SECOND, Cut, Fault, Head, Origin, Record, chain, event, verify
from tests.core.known import APP_ID, INSTANCE
from tests.settable_clock import START
from tests.vector_cases import cases

BY = Origin("cli:root@host", "192.0.2.7", "curl/8")


def test_each_row_of_the_chain_has_the_digest_of_the_vector() -> None:
    previous = GENESIS
    for case in cases("chain"):
        assert previous.hex() == case["previous"]
        previous = audit.link(previous, case["instance"], case["sequence"], case["recorded_at"], case["payload"].encode())
        assert previous.hex() == case["digest"]


def rows(count: int, start: Head = Head()) -> tuple[list[Record], Head]:  # noqa: B008
    """A chain of this many events."""
    events = [event("integration.renamed", INSTANCE, BY, f"integration:{APP_ID}", app_id=APP_ID, name="ü", before="b")] * count
    return chain(start, events, START, lambda size: bytes(size))


def test_an_event_is_what_the_contract_says() -> None:
    [record], head = rows(1)
    assert json.loads(record.payload) == {
        "id": "1",
        "event": "Integration renamed",
        "event_id": "00" * 16,
        "timestamp": "2026-11-23T10:00:00+0000",
        "actor_username": "cli:root@host",
        "target_username": f"integration:{APP_ID}",
        "ip_address": "192.0.2.7",
        "useragent": "curl/8",
        "extra_data": {
            "summary": f"Integration {APP_ID} was renamed from b to ü",
            "kind": "integration.renamed",
            "app_id": APP_ID,
            "name": "ü",
            "before": "b",
        },
    }
    assert "ü".encode() in record.payload
    assert head == Head(1, record.digest, START, 0)


def test_a_field_without_a_value_is_left_out_and_a_finding_says_so() -> None:
    [record], _ = chain(Head(), [event("instance.tokens_revoked", INSTANCE, audit.SYSTEM, count=3)], START, bytes)
    body = json.loads(record.payload)
    assert set(body) == {"id", "event", "event_id", "timestamp", "actor_username", "extra_data"}
    assert body["extra_data"]["finding"] is True
    assert body["extra_data"]["count"] == 3


def test_an_unknown_kind_or_detail_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        event("integration.painted", INSTANCE, BY)
    with pytest.raises(KeyError):
        event("integration.created", INSTANCE, BY, colour="red")


def test_sequences_have_no_gap_and_time_never_goes_back() -> None:
    first, head = rows(3)
    more, _ = chain(head, [event("instance.created", INSTANCE, BY, name="n")] * 2, START - 5 * SECOND, bytes)
    assert [each.sequence for each in first + more] == [1, 2, 3, 4, 5]
    assert {each.recorded_at for each in first + more} == {START}


@given(st.integers(0, 4_102_444_800))
def test_a_time_is_written_in_utc_to_the_second(seconds: int) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", audit.timestamp(seconds))


def found(records: list[Record], head: Head, cuts: list[Cut] | None = None) -> Fault | None:
    """The fault that verification finds, after each row before it was named as good."""
    outcome = list(verify(INSTANCE, records, head, cuts or []))
    good = [each for each in outcome if not isinstance(each, Fault)]
    assert good == [each.sequence for each in records[: len(good)]]
    assert len(outcome) - len(good) <= 1
    return next((each for each in outcome if isinstance(each, Fault)), None)


def test_a_chain_as_it_was_written_has_no_fault() -> None:
    assert found(*rows(20)) is None
    assert found([], Head()) is None


def test_a_chain_behind_a_cut_goes_on_from_its_record() -> None:
    records, head = rows(9)
    cut = Cut(4, records[3].digest, START, "note")
    assert found(records[4:], head._replace(cut=4), [cut]) is None
    assert found(records[4:], head._replace(cut=4), [cut._replace(digest=b"x" * 32)]) == Fault(
        5, "its digest does not fit its content and the event before it"
    )
    missing = found(records[4:], head._replace(cut=4))
    assert missing is not None
    assert "no cut record" in missing.reason


EDITS: dict[str, dict[str, Any]] = {
    "payload": {"payload": b"{}"},
    "digest": {"digest": bytes(32)},
    "time": {"recorded_at": START + 1},
    "earlier time": {"recorded_at": START - 1},
    "sequence": {"sequence": 99},
    "actor": {"actor": "nobody"},
    "kind": {"kind": "integration.deleted"},
    "event id": {"event_id": "x"},
    "target": {"target": ""},
    "address": {"address": "198.51.100.1"},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
@pytest.mark.parametrize("place", [1, 3, 6])
def test_the_first_edited_row_is_named(edit: dict[str, Any], place: int) -> None:
    records, head = rows(6)
    records[place - 1] = records[place - 1]._replace(**edit)
    fault = found(records, head)
    assert fault is not None
    assert fault.sequence == edit.get("sequence", place)


def test_a_missing_row_is_named() -> None:
    records, head = rows(6)
    assert found(records[:2] + records[3:], head) == Fault(4, "event 3 is missing")
    assert found(records[1:], head) == Fault(2, "event 1 is missing")


def test_a_cut_tail_does_not_fit_the_head() -> None:
    records, head = rows(6)
    assert found(records[:4], head) == Fault(5, "the log ends at event 4, but its head says 6")


def test_a_head_that_does_not_fit_the_last_row_is_named() -> None:
    records, head = rows(6)
    assert found(records, head._replace(digest=bytes(32))) == Fault(
        6, "its digest is not the one that the head of the log holds"
    )


@pytest.mark.parametrize("damage", [{"sequence": "6"}, {"digest": "text"}, {"recorded_at": None}, {"cut": b""}], ids=str)
def test_a_head_whose_values_changed_their_type_is_damaged(damage: dict[str, Any]) -> None:
    records, head = rows(6)
    fault = found(records, head._replace(**damage))
    assert fault is not None
    assert "damaged" in fault.reason


@pytest.mark.parametrize("damage", [{"payload": "text"}, {"digest": None}, {"recorded_at": "1"}, {"actor": b"x"}], ids=str)
def test_a_row_whose_values_changed_their_type_is_named(damage: dict[str, Any]) -> None:
    records, head = rows(6)
    records[3] = records[3]._replace(**damage)
    assert found(records, head) == Fault(4, "its columns hold values of another type than any event's")


def test_a_row_of_another_instance_does_not_fit() -> None:
    records, head = rows(2)
    assert next(verify("2000000000000000", records, head, [])) == Fault(
        1, "its digest does not fit its content and the event before it"
    )


@pytest.mark.parametrize("payload", [b"", b"not json", b"[]", b"{}", b'{"id":"1","event_id":"x","extra_data":7}', b"\xff"])
def test_a_row_written_anew_with_a_fitting_digest_but_no_event_in_it_is_named(payload: bytes) -> None:
    """Who can write the database can make the digest fit; the content must still be an event."""
    [record], _ = rows(1)
    forged = record._replace(payload=payload, digest=audit.link(GENESIS, INSTANCE, 1, START, payload))
    assert found([forged], Head(1, forged.digest, START)) is not None
