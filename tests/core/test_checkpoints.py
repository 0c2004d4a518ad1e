"""Checkpoints as signed notes."""

import base64
from typing import Any

import pytest

from admincenter.core import checkpoints
from admincenter.core.audit import Head
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.errors import ValueBad
from tests.core.known import INSTANCE
from tests.vector_cases import cases

SEED, OTHER = b"s" * 32, b"o" * 32
POINT = Checkpoint(INSTANCE, 41, b"h" * 32, 7)
NOTE, VERIFIER = checkpoints.sign(POINT, SEED), checkpoints.public_key(SEED)


@pytest.mark.parametrize("case", cases("signed_notes"), ids=["first", "later"])
def test_a_checkpoint_is_the_note_of_the_vector(case: dict[str, Any]) -> None:
    seed = bytes.fromhex(case["seed"])
    point = Checkpoint(case["instance"], case["sequence"], bytes.fromhex(case["head"]), case["recorded_at"])
    assert checkpoints.sign(point, seed) == case["note"]
    assert checkpoints.public_key(seed) == case["verifier"]
    assert list(checkpoints.read_notes(case["note"], case["verifier"])) == [point]


def test_the_checkpoint_of_a_head_is_its_sequence_digest_and_time() -> None:
    assert checkpoints.of(INSTANCE, Head(41, b"h" * 32, 7)) == POINT


def test_a_file_of_notes_gives_each_in_its_order() -> None:
    later = POINT._replace(sequence=42)
    text = "\n".join([NOTE, checkpoints.sign(later, SEED)])
    assert list(checkpoints.read_notes(text, VERIFIER + "\n")) == [POINT, later]


@pytest.mark.parametrize(
    ("part", "forged"), [(INSTANCE, "2000000000000000"), ("\n41\n", "\n42\n"), ("recorded_at 7", "recorded_at 8")]
)
def test_a_changed_note_does_not_verify(part: str, forged: str) -> None:
    with pytest.raises(ValueBad, match="signature is not of this public key"):
        list(checkpoints.read_notes(NOTE.replace(part, forged), VERIFIER))


def test_a_note_of_another_key_does_not_verify() -> None:
    with pytest.raises(ValueBad, match="signature is not of this public key"):
        list(checkpoints.read_notes(NOTE, checkpoints.public_key(OTHER)))


def test_a_note_that_names_another_key_is_refused_though_its_signature_fits() -> None:
    raw = base64.b64decode(NOTE.split()[-1])
    renamed = NOTE.replace(NOTE.split()[-1], base64.b64encode(b"\0\0\0\0" + raw[4:]).decode())
    with pytest.raises(ValueBad, match="signed by another key"):
        list(checkpoints.read_notes(renamed, VERIFIER))


def test_a_good_note_before_a_bad_one_is_still_read() -> None:
    notes = checkpoints.read_notes(NOTE + "\n" + NOTE.replace("\n41\n", "\n42\n"), VERIFIER)
    assert next(notes) == POINT
    with pytest.raises(ValueBad):
        next(notes)


@pytest.mark.parametrize("text", ["", "\n\n", "hello", NOTE[1:]])
def test_a_file_without_checkpoints_is_refused(text: str) -> None:
    with pytest.raises(ValueBad, match="holds no checkpoint"):
        list(checkpoints.read_notes(text, VERIFIER))


@pytest.mark.parametrize(
    "text",
    [
        "admincenter/x",
        NOTE[:60],
        NOTE.replace("\n41\n", "\nmany\n"),
        NOTE.replace("recorded_at 7", "recorded_at"),
        NOTE.replace("aGho", "!!!!"),
        NOTE.replace("\N{EM DASH} admincenter ", ""),
        NOTE.replace("\n\n", "\nmore\n\n"),
    ],
)
def test_a_mangled_note_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueBad, match="malformed, near 'admincenter/"):
        list(checkpoints.read_notes(text, VERIFIER))


def test_the_line_between_text_and_signature_is_empty() -> None:
    with pytest.raises(ValueBad):
        list(checkpoints.read_notes(NOTE.replace("\n\n", "\nx\n"), VERIFIER))


@pytest.mark.parametrize("key", ["", "admincenter", "admincenter+00", "admincenter+00+!", "admincenter+00+é"])
def test_a_file_without_a_verifier_key_is_refused_with_where_to_get_one(key: str) -> None:
    with pytest.raises(ValueBad, match="admincenter key status"):
        list(checkpoints.read_notes(NOTE, key))


@pytest.mark.parametrize(
    "key",
    [
        VERIFIER.replace("admincenter", "somebody"),
        "admincenter+00+AQID",
        f"admincenter+00+{base64.b64encode(bytes(33)).decode()}",
    ],
)
def test_a_verifier_key_of_another_kind_is_refused(key: str) -> None:
    with pytest.raises(ValueBad):
        list(checkpoints.read_notes(NOTE, key))
