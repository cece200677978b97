"""The state of an emulator: seeds, reset, checkpoint, isolation, and use from several threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.pem import Pair
from twilio.base.exceptions import TwilioRestException

from notify_mock import Emulator, UsageError
from notify_mock.support.ids import Sids


def make(emulator: Emulator, count: int = 1) -> list[str]:
    create = emulator.client().notify.v1.credentials.create
    return [create(type="fcm", secret=f"s{number}").sid for number in range(count)]


def test_a_seed_determines_every_sid_and_the_account() -> None:
    assert make(Emulator(seed=7), 3) == make(Emulator(seed=7), 3)
    assert make(Emulator(seed=7)) != make(Emulator(seed=8))
    assert Emulator(seed=7).auth == Emulator(seed=7).auth != Emulator(seed="seven").auth


def test_a_sid_is_a_prefix_and_32_lower_case_hex_digits_and_unique() -> None:
    sids = Sids(0)
    made = [sids.new(prefix) for _ in range(500) for prefix in ("CR", "RQ")]
    assert all(len(sid) == 34 and set(sid[2:]) <= set("0123456789abcdef") for sid in made)
    assert len(set(made)) == 1000


def test_the_sids_of_one_prefix_do_not_depend_on_another() -> None:
    mixed, plain = Sids(1), Sids(1)
    mixed.new("RQ")
    assert mixed.new("CR") == plain.new("CR")


def test_two_emulators_share_no_state() -> None:
    one, two = Emulator(), Emulator()
    make(one)
    assert (len(one.credentials), len(two.credentials)) == (1, 0)
    assert len(two.journal) == 0


def test_reset_forgets_everything_and_restarts_the_sids() -> None:
    emulator = Emulator(data={"credentials": [{"type": "fcm", "friendly_name": "seeded"}]})
    first = make(emulator)
    emulator.clock.freeze("2030-01-01")
    emulator.reset()
    assert [one.friendly_name for one in emulator.credentials.values()] == ["seeded"]
    assert len(emulator.journal) == 0
    assert emulator.clock.now().year != 2030
    assert make(emulator) == first


def test_checkpoint_restores_records_journal_clock_and_sids() -> None:
    emulator = Emulator()
    kept = make(emulator, 2)
    with emulator.checkpoint():
        emulator.client().notify.v1.credentials(kept[0]).delete()
        emulator.client().notify.v1.credentials(kept[1]).update(friendly_name="changed")
        inside = make(emulator)
        emulator.clock.freeze("2030-01-01")
        emulator.accounts.suspend(emulator.auth[0])
    assert list(emulator.credentials) == kept
    assert emulator.credentials[kept[1]].friendly_name is None
    assert len(emulator.journal) == 2
    assert emulator.clock.now().year != 2030
    assert make(emulator) == inside


def test_checkpoint_restores_after_an_exception_and_can_be_nested() -> None:
    emulator = Emulator()

    def fail_inside() -> None:
        with emulator.checkpoint():
            make(emulator)
            with emulator.checkpoint():
                make(emulator)
            assert len(emulator.credentials) == 1
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail_inside()
    assert len(emulator.credentials) == 0


@pytest.mark.parametrize(
    "options", [{"seed": 1.5}, {"seed": True}, {"seed": 10**5000}, {"journal_limit": 0}, {"journal_limit": "many"}]
)
def test_a_bad_option_is_an_error_that_names_it(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        Emulator(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("over_a_socket", [False, True])
def test_16_threads_lose_and_duplicate_nothing(over_a_socket: bool, pair: Pair) -> None:
    emulator = Emulator(journal_limit=10_000)
    rounds, start = 12, threading.Barrier(16)

    def work(number: int) -> list[str]:
        from twilio.rest import Client

        client = emulator.client()
        if over_a_socket:
            client = Client(*emulator.auth)
            client.notify.base_url = emulator.url
        credentials = client.notify.v1.credentials
        start.wait(30)
        kept = []
        for turn in range(rounds):
            sid = credentials.create(type="fcm", secret="x", friendly_name=f"{number}/{turn}").sid
            assert credentials(sid).update(friendly_name=f"{number}/{turn}!").friendly_name == f"{number}/{turn}!"
            listed = [one.sid for one in credentials.list(page_size=50)]
            assert len(listed) == len(set(listed))
            assert sid in listed
            if turn % 3:
                kept.append(sid)
                continue
            assert credentials(sid).delete() is True
            with pytest.raises(TwilioRestException):
                credentials(sid).fetch()
        if over_a_socket:
            client.http_client.session.close()
        return kept

    with emulator, ThreadPoolExecutor(16) as pool:
        kept = [sid for batch in pool.map(work, range(16)) for sid in batch]
    assert sorted(emulator.credentials) == sorted(kept)
    assert len(set(kept)) == len(kept) == 16 * 8
    assert all(record.friendly_name.endswith("!") for record in emulator.credentials.values())
    emulator.journal.expect("credential.create", count=16 * rounds, status=201)
    emulator.journal.expect("credential.delete", count=16 * 4, status=204)


def test_records_can_be_iterated_while_others_are_added_and_removed() -> None:
    emulator = Emulator()
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            emulator.credentials.remove(emulator.credentials.add(type="fcm").sid)

    with ThreadPoolExecutor(2) as pool:
        churning = [pool.submit(churn) for _ in range(2)]
        for _ in range(500):
            assert all(record.type == "fcm" for record in emulator.credentials.values())
            assert all(sid == record.sid for sid, record in emulator.credentials.items())
        stop.set()
        for one in churning:
            one.result()


def test_reading_creates_no_collection() -> None:
    emulator = Emulator()
    emulator.client("ACstranger", "x").notify.v1.credentials.list()
    assert emulator._state.store.collections("credential") == []


@pytest.mark.parametrize("seed", ["\udcff", -5, 10**29])
def test_an_unusual_seed_works(seed: object) -> None:
    assert make(Emulator(seed=seed)) == make(Emulator(seed=seed))  # type: ignore[arg-type]


def test_repr_shows_url_seed_and_number_of_records(served: Emulator) -> None:
    assert repr(Emulator(seed=3)) == "<Emulator in-process, seed 3, 0 records>"
    assert repr(served) == f"<Emulator {served.url}, seed 0, 0 records>"
