"""Devices by the names that people have for them."""

import pytest

from server.device_name import UNKNOWN, device_name

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEBKIT} Version/18.0 "
            "Mobile/15E148 Safari/604.1",
            "iPhone, Safari",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEBKIT} CriOS/130.0 "
            "Mobile/15E148 Safari/604.1",
            "iPhone, Chrome",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/130.0.0.0 Safari/537.36",
            "Windows, Chrome",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/130.0.0.0 Safari/537.36 "
            "Edg/130.0.0.0",
            "Windows, Edge",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/130.0.0.0 Mobile Safari/537.36",
            "Android, Chrome",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {BLINK} SamsungBrowser/26.0 "
            "Chrome/122.0.0.0 Mobile Safari/537.36",
            "Android, Samsung Internet",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.0 "
            "Safari/605.1.15",
            "Mac, Safari",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Linux, Firefox",
        ),
        ("curl/8.5.0", "curl"),
        ("Lanslide/1.0", "Lanslide"),
        ("Wget", "Wget"),
        ("Mozilla/5.0", UNKNOWN),
        ("", UNKNOWN),
        ("\u202egpj.exe/1", UNKNOWN),
        ("<img src=x>/1", UNKNOWN),
        ("a" * 300, UNKNOWN),
    ],
)
def test_an_agent_has_a_name_for_people(agent, name):
    assert device_name(agent) == name
