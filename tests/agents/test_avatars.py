"""Pictures beside an agent's messages: which are taken, and how they are served."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents import avatars
from agents.models import Agent, Avatar
from tests.agents.test_admin import change_agent

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
LARGE = PNG + b"\x00" * avatars.LARGEST


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", ""),
        (b"<html>", ""),
        (b"RIFF\x00\x00\x00\x00WAVE", ""),
        (b"", ""),
    ],
    ids=["png", "jpeg", "gif", "webp", "svg", "html", "sound", "nothing"],
)
def test_a_picture_is_known_by_its_bytes(image: bytes, kind: str):
    assert avatars.kind_of(image) == kind


@pytest.mark.parametrize(
    ("image", "problem"),
    [(b"<svg/>", "Give a picture in PNG, JPEG, GIF or WebP."), (LARGE, "The picture is larger than 200 kB.")],
    ids=["svg", "large"],
)
def test_others_are_refused(admin_client: Client, agent: Agent, image: bytes, problem: str):
    response = change_agent(admin_client, agent, avatar=SimpleUploadedFile("a.png", image, "image/png"))
    assert response.context["adminform"].form.errors["avatar"][0].startswith(problem)
    assert not Avatar.objects.exists()


def test_it_is_uploaded_served_and_taken_away(admin_client: Client, client: Client, agent: Agent):
    agent.avatar_url = "https://shop.example.com/ada.png"
    assert avatars.address(agent) == "https://shop.example.com/ada.png"
    change_agent(admin_client, agent, avatar=SimpleUploadedFile("a.svg", PNG, "image/svg+xml"))
    address = avatars.address(agent)
    served = client.get(address)
    assert (served.status_code, served.content) == (200, PNG)
    assert {
        name: served.headers[name] for name in ("Content-Type", "X-Content-Type-Options", "Content-Disposition")
    } == {
        "Content-Type": "image/png",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline",
    }
    assert "default-src 'none'" in served.headers["Content-Security-Policy"]
    assert "immutable" in served.headers["Cache-Control"]
    change_agent(admin_client, agent, remove_avatar="on")
    assert client.get(address).status_code == 404


def test_a_kind_that_isnt_known_isnt_served(client: Client, agent: Agent):
    Avatar.objects.create(agent=agent, image=b"<svg/>", kind="image/svg+xml", digest="abc")
    assert client.get(f"/avatars/{agent.pk}/abc").status_code == 404
