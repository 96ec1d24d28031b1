"""Signing in, signing out, and guessing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.console.models import SignInTry
from backend.console.tries import TRIES_PER_NAME, TRIES_PER_PLACE, TooManyTries, note_try
from tests.cast import Person

PASSWORD = "correct horse battery"
SIGN_IN = "/console/sign-in"


def try_to_sign_in(client: Client, name: str, password: str, *, address: str = "127.0.0.1") -> int:
    answer = client.post(SIGN_IN, {"username": name, "password": password}, REMOTE_ADDR=address)
    return int(answer.status_code)


def test_a_stranger_is_led_to_the_sign_in_and_back(manager: Person, client: Client) -> None:
    answer = client.get("/console/campaigns/spring")
    assert answer.status_code == 302
    assert answer["Location"] == f"{SIGN_IN}?next=/console/campaigns/spring"
    form = client.get(answer["Location"])
    assert b'value="/console/campaigns/spring"' in form.content
    answer = client.post(
        SIGN_IN,
        {
            "username": manager.user.username,
            "password": PASSWORD,
            "next": "/console/campaigns/spring",
        },
    )
    assert answer["Location"] == "/console/campaigns/spring"
    assert client.get("/console/campaigns/spring").status_code == 200


def test_nobody_is_sent_to_another_site_after_signing_in(manager: Person, client: Client) -> None:
    answer = client.post(
        SIGN_IN,
        {"username": manager.user.username, "password": PASSWORD, "next": "https://example.org/"},
    )
    assert answer["Location"] == "/console/"


def test_signing_out_ends_the_session(manager: Person, client: Client) -> None:
    client.force_login(manager.user)
    assert client.get("/console/sign-out").status_code == 405
    assert client.post("/console/sign-out")["Location"] == SIGN_IN
    assert client.get("/console/").status_code == 302


def test_a_wrong_password_is_said_without_saying_what_is_wrong(
    manager: Person, client: Client
) -> None:
    known = client.post(SIGN_IN, {"username": manager.user.username, "password": "x"})
    unknown = client.post(SIGN_IN, {"username": manager.user.username[::-1], "password": "x"})
    assert known.status_code == unknown.status_code == 403
    for answer in (known, unknown):
        assert b"do not fit together" in answer.content


@pytest.mark.django_db
def test_a_name_with_a_nul_is_a_wrong_name(client: Client) -> None:
    assert try_to_sign_in(client, "a\x00b", "x") == 403


def test_the_sixth_try_in_a_quarter_of_an_hour_is_refused_even_when_it_is_right(
    manager: Person, client: Client
) -> None:
    name = manager.user.username
    for _ in range(TRIES_PER_PLACE):
        assert try_to_sign_in(client, name, "wrong") == 403
    assert try_to_sign_in(client, name, PASSWORD) == 429
    assert try_to_sign_in(client, name.upper(), "wrong") == 429
    SignInTry.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert try_to_sign_in(client, name, PASSWORD) == 302


def test_a_stranger_who_guesses_does_not_lock_the_owner_out_at_once(
    manager: Person, client: Client
) -> None:
    name = manager.user.username
    for _ in range(TRIES_PER_PLACE + 1):
        try_to_sign_in(client, name, "wrong", address="192.0.2.7")
    assert try_to_sign_in(client, name, PASSWORD, address="192.0.2.8") == 302


@pytest.mark.django_db
def test_guessing_from_many_places_is_stopped_too() -> None:
    now = timezone.now()
    for place in range(TRIES_PER_NAME):
        note_try(name="ada", address=f"192.0.2.{place}", now=now)
    with pytest.raises(TooManyTries):
        note_try(name="ada", address="198.51.100.1", now=now)


def test_who_signs_in_is_no_longer_counted(manager: Person, client: Client) -> None:
    for _ in range(3):
        try_to_sign_in(client, manager.user.username, "wrong")
    assert try_to_sign_in(client, manager.user.username, PASSWORD) == 302
    assert not SignInTry.objects.exists()


@pytest.mark.django_db
def test_tries_are_forgotten_after_a_day_and_hold_no_name() -> None:
    now = timezone.now()
    note_try(name="ada@example.org", address="192.0.2.1", now=now - timedelta(days=2))
    note_try(name="ada@example.org", address="192.0.2.1", now=now)
    row = SignInTry.objects.get()
    assert "ada" not in row.name_hash
    assert "192" not in row.address_hash[:3] or len(row.address_hash) == 64


def test_the_admin_has_no_sign_in_of_its_own(manager: Person, client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer["Location"] == f"{SIGN_IN}?next=/admin/"
    client.force_login(manager.user)
    assert client.post("/admin/login/", {"username": "x", "password": "x"}).status_code == 403


@pytest.mark.django_db
def test_the_admin_shows_no_fingerprint_of_a_secret_and_edits_no_fact(
    client: Client, phone: object
) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    client.force_login(boss)
    from django.contrib import admin  # noqa: PLC0415 - the site is filled once Django is set up

    secrets = {"token_hash", "code_hash", "sealed_token", "webhook_secret"}
    for model, page in admin.site._registry.items():
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(address).status_code == 200, address
        first = model._default_manager.first()
        if first is None:
            continue
        shown = client.get(f"{address}{first.pk}/change/")
        assert shown.status_code == 200, address
        for name in secrets & {field.name for field in model._meta.fields}:
            assert str(getattr(first, name)) not in shown.content.decode(), (address, name)
        facts = ("clip", "clipevent", "job", "auditevent", "consent", "speaker", "release")
        if model._meta.model_name in facts:
            assert not page.has_change_permission(shown.wsgi_request)
