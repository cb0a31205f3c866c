"""Messages to a batch, through the privacy gate: pure, and the only way to anything stored.

Nothing of a message leaves here (no row, no stream, no quarantine, no log) but what the gate let
through. It is judged by the time of the fix, with two exceptions where that time says nothing:
a stamp that cannot be trusted (FUTURE, CLOCK_UNSET) and a message that cannot be read are judged
by the moment of receipt. So a malformed message that arrives while its device is private is
dropped and counted, not quarantined; one that arrives later is quarantined although it may have
been written in the private period, for nobody can tell.

A declaration of attendance is never refused (it is somebody's pay); inside a private period it
loses its position only, and is not counted as dropped.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

import msgspec

from devices.registry import Registered, Registry
from devices.topics import Lane, Topic, parse_topic
from devices.wire import (
    PAYLOAD_MAX_BYTES,
    AttendanceMessage,
    Decoded,
    Reject,
    Unlocated,
    classify,
    decode,
    sound_fix,
)
from fieldops.errors import BadMessage
from fieldops.model import UNTRUSTED_TIME, Fix
from identity.privacy import Gate
from ingest.message import Batch, Declared, Drop, Message, Quarantined
from ingest.piles import Piles

TOPICS_MOST = 50_000
REASON_MOST = 500
_TOPIC_MOST = 300
_Sequenced: TypeAlias = Fix | AttendanceMessage | Unlocated | Reject


@dataclass(frozen=True, slots=True)
class Rules:
    """What messages are judged by, read in one transaction; `version` tells if it still holds."""

    version: int
    gate: Gate
    registry: Registry


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Who speaks on a topic: `plain` when a lone position is what to expect there, `free` when the
    gate lets its fixes through at any hour."""

    topic: Topic
    device: Registered
    plain: bool
    free: bool


class Reader:
    """Reads batches under one set of rules; keep it while the rules' version is current."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._speakers: dict[str, _Speaker] = {}

    def read(self, messages: Sequence[Message], *, refused: str | None = None) -> Batch:
        """Decode and judge messages in their order; never raises, whatever they say.

        With `refused` the messages go to quarantine with that reason, whatever they say: the
        database would not take them.
        """
        reading = Reading(self, refused)
        reading.take(messages)
        return reading.batch()

    def listen(self, topic: str) -> _Speaker:
        """Return who speaks on a topic.

        Raises:
            BadMessage: not a device's topic, or a device the tenant does not have.
        """
        known = self._speakers.get(topic)
        if known is not None:
            return known
        parsed = parse_topic(topic)
        device = self.rules.registry.find(parsed.device)
        if device is None:
            raise BadMessage(f"device {parsed.device!r} is not registered", code="unknown_device")
        if len(self._speakers) >= TOPICS_MOST:
            self._speakers.clear()
        plain = parsed.lane in (Lane.POSITION, Lane.BACKFILL)
        free = self.rules.gate.always_allows(device.id)
        speaker = self._speakers[topic] = _Speaker(parsed, device, plain, free)
        return speaker


class Reading:
    """A batch while it is read, a part of its messages after the other; made for one reader.

    `size` is what it costs to store: a message counts as one, an array as its elements.
    """

    def __init__(self, reader: Reader, refused: str | None = None) -> None:
        """With `refused` all goes to quarantine with that reason."""
        self._listen = reader.listen
        self._gate = reader.rules.gate
        self._refused = refused
        self._batch = Batch()
        self.size = 0
        # Fixes whose sequences are settled with the pile, and those that came with more.
        self._sound, self._others = Piles(), Piles()

    def take(self, messages: Sequence[Message], most: int = sys.maxsize) -> int:
        """Decode and judge messages; never raises, whatever they say.

        Returns:
            How many were read: not all when an array makes them more than `most` in size.
        """
        batch = self._batch
        read = odd = surplus = 0
        for read, message in enumerate(messages, start=1):
            try:
                speaker = self._listen(message.topic)
            except BadMessage as error:
                batch.quarantined.append(quarantined(message, None, error.code, str(error)))
                odd += 1
                continue
            if not (speaker.plain and self._refused is None and self._take_sound(message, speaker)):
                odd += 1
                surplus += max(self._take(message, speaker, batch) - 1, 0)
                if read + surplus >= most:
                    break
        batch.messages += read
        batch.decoded += read - odd
        self.size += read + surplus
        return read

    def batch(self) -> Batch:
        """Return the batch; nothing can be taken after."""
        batch, sound, others = self._batch, self._sound, self._others
        sound.settle(batch.settled)
        sound.join(others)
        batch.fixes, batch.duplicates, batch.rivals = sound.fixes()
        return batch

    def _take_sound(self, message: Message, speaker: _Speaker) -> bool:
        """Take the message if it is one sound position, as nearly all are."""
        device = speaker.device
        if len(message.payload) > PAYLOAD_MAX_BYTES:
            return False
        fix = sound_fix(message.payload, device.id, message.received_at)
        if fix is None:
            return False
        reason = None if speaker.free else self._gate.drop_reason(device.id, fix.observed_at)
        if reason is None:
            self._sound.of(device.name).append(fix)
        else:
            self._batch.drops.append(_drop(message, reason, device, fix.run, fix.seq))
            self._batch.settled.setdefault((device.id, fix.run), []).append(fix.seq)
        return True

    def _take(self, message: Message, speaker: _Speaker, batch: Batch) -> int:
        """Take any message; return how many elements it has."""
        device, refused = speaker.device, self._refused
        try:
            said = decode(
                speaker.topic, message.payload, device=device.id, received_at=message.received_at
            )
        except BadMessage as error:
            self._reject(batch, message, device, error.code, str(error))
            return 1
        batch.decoded += len(said.fixes) + len(said.attendance)
        if refused is not None:
            self._refuse(batch, message, device, said, refused)
            return said.count()
        self._settle(batch, device, said)
        for fix in said.fixes:
            reason = self._drop_reason(fix)
            if reason is None:
                self._others.of(device.name).append(fix)
            else:
                batch.drops.append(_drop(message, reason, device, fix.run, fix.seq))
        if said.attendance or said.rejects or said.ignored or said.status or said.unlocated:
            self._take_rest(batch, message, device, said)
        return said.count()

    def _take_rest(self, batch: Batch, message: Message, device: Registered, said: Decoded) -> None:
        """Take what is rare: attendance, elements that cannot be used, and what holds nothing."""
        for declaration in said.attendance:
            if self._declared_privately(declaration, message, device):
                declaration = replace(declaration, lon=None, lat=None, accuracy_m=None)
            batch.declared.append(Declared(device, message, declaration))
        for reject in said.rejects:
            self._reject(
                batch,
                msgspec.structs.replace(message, payload=reject.raw),
                device,
                reject.code,
                reject.reason,
                reject.run,
                reject.seq,
            )
        for honest in said.unlocated:
            batch.unlocated.setdefault((device.id, honest.run), []).append(honest.seq)
        batch.ignored += len(said.unlocated) + bool(said.ignored) + bool(said.status)

    def _drop_reason(self, fix: Fix) -> str | None:
        at = fix.observed_at
        # Flag's `&` costs a microsecond, and next to no fix has a flag.
        if fix.flags and fix.flags & UNTRUSTED_TIME:
            at = fix.received_at
        return self._gate.drop_reason(fix.device, at)

    def _declared_privately(
        self, said: AttendanceMessage, message: Message, device: Registered
    ) -> str | None:
        untrusted = classify(said.at, message.received_at, None) & UNTRUSTED_TIME
        at = message.received_at if untrusted else said.at
        return self._gate.drop_reason(device.id, at)

    def _reject(
        self,
        batch: Batch,
        message: Message,
        device: Registered,
        code: str,
        reason: str,
        run: str | None = None,
        seq: int | None = None,
    ) -> None:
        """Quarantine what cannot be read, or drop it while its device is private."""
        private = self._gate.drop_reason(device.id, message.received_at)
        if private is None:
            batch.quarantined.append(quarantined(message, device, code, reason))
        else:
            batch.drops.append(_drop(message, private, device, run, seq))

    def _refuse(
        self,
        batch: Batch,
        message: Message,
        device: Registered,
        said: Decoded,
        reason: str,
    ) -> None:
        """Quarantine a whole message that can be read, unless a part of it is private."""
        self._settle(batch, device, said)
        timed: list[_Sequenced] = [*said.fixes, *said.attendance]
        private = [*map(self._drop_reason, said.fixes)]
        private += [self._declared_privately(a, message, device) for a in said.attendance]
        if said.rejects or not timed:
            private.append(self._gate.drop_reason(device.id, message.received_at))
        why = next(filter(None, private), None)
        if why is None:
            batch.quarantined.append(quarantined(message, device, "refused", reason))
        elif timed:
            batch.drops += [_drop(message, why, device, each.run, each.seq) for each in timed]
        else:
            batch.drops.append(_drop(message, why, device, None, None))

    @staticmethod
    def _settle(batch: Batch, device: Registered, said: Decoded) -> None:
        """Remember the sequences the batch answers for; formats without one have run ""."""
        parts: list[_Sequenced] = [
            *said.fixes,
            *said.attendance,
            *said.unlocated,
            *said.rejects,
        ]
        for each in parts:
            if each.run and each.seq is not None:
                batch.settled.setdefault((device.id, each.run), []).append(each.seq)
        for run, seq in said.spoken:
            batch.settled.setdefault((device.id, run), []).append(seq)


def _drop(
    message: Message, reason: str, device: Registered, run: str | None, seq: int | None
) -> Drop:
    day = message.received_at.date().isoformat()
    if run and seq is not None:
        return Drop(day, reason, (device.id, run), seq)
    return Drop(day, reason)


def quarantined(message: Message, device: Registered | None, code: str, reason: str) -> Quarantined:
    """Return the quarantine row of a message the gate let through."""
    if len(message.payload) > PAYLOAD_MAX_BYTES:
        reason = f"{reason}; the first {PAYLOAD_MAX_BYTES} bytes are kept"
    return Quarantined(
        quarantine_id(message.topic if device is None else device.name, message.payload),
        message.received_at,
        _text(message.topic, _TOPIC_MOST),
        None if device is None else device.name,
        code,
        _text(reason, REASON_MOST),
        message.payload[:PAYLOAD_MAX_BYTES],
    )


def quarantine_id(speaker: str, payload: bytes) -> UUID:
    """Return a UUIDv8 (RFC 9562, 5.8) of device and payload: SHA-256, 122 bits of it.

    Of the device and not of the topic, where the device is known: what it said on the live lane
    and was not told of comes again on the backfill lane, and is still one message.
    """
    digest = sha256(speaker.encode() + b"\0" + payload).digest()[:16]
    number = int.from_bytes(digest, "big")
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(3 << 62) | 2 << 62
    return UUID(int=number)


def _text(value: str, longest: int) -> str:
    """Return text PostgreSQL can hold: no NUL, no half of a surrogate pair."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:longest]
