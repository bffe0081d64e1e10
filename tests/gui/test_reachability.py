"""What is said of whether other devices can reach this computer, and what to do about it."""

import pytest

from gui.reachability import causes, firewall, standing


@pytest.mark.parametrize(
    ("hosts", "was_reached", "said"),
    [
        ([], False, "on no network"),
        ([], True, "on no network"),
        (["192.168.1.23"], True, "Yes"),
        (["192.168.1.23"], False, "listens at 192.168.1.23, port 5000."),
        (["10.0.0.2", "10.0.0.3", "fd00::1"], False, "at 10.0.0.2, 10.0.0.3 and fd00::1, port"),
    ],
)
def test_what_is_known_is_said(hosts, was_reached, said):
    assert said in standing(hosts, 5000, was_reached=was_reached)


@pytest.mark.parametrize(
    ("system", "installed", "settings", "found"),
    [
        ("linux", {"ufw"}, "ENABLED=yes\n", "ufw"),
        ("linux", {"ufw"}, None, "ufw"),
        ("linux", {"ufw", "firewall-cmd"}, "# off\nENABLED=no\n", "firewalld"),
        ("linux", {"ufw"}, "ENABLED=no\n", "unknown"),
        ("linux", {"firewall-cmd"}, None, "firewalld"),
        ("linux", set(), None, "unknown"),
        ("win32", {"ufw"}, None, "windows"),
        ("darwin", set(), None, "macos"),
    ],
)
def test_the_firewall_is_known_by_what_is_installed(system, installed, settings, found, tmp_path):
    file = tmp_path / "ufw.conf"
    if settings is not None:
        file.write_text(settings)
    assert firewall(system, installed.__contains__, file) == found


@pytest.mark.parametrize(
    ("system", "command", "undo"),
    [
        (
            "ufw",
            "sudo ufw allow 5007/tcp comment Lanslide",
            "sudo ufw delete allow 5007/tcp",
        ),
        (
            "firewalld",
            "sudo firewall-cmd --add-port=5007/tcp",
            "sudo firewall-cmd --remove-port=5007/tcp",
        ),
        (
            "windows",
            "New-NetFirewallRule -DisplayName Lanslide -Direction Inbound -Action Allow "
            "-Protocol TCP -LocalPort 5007 -Profile Private",
            "Remove-NetFirewallRule -DisplayName Lanslide",
        ),
        (
            "macos",
            "sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add '/it'\\''s/python' "
            "--unblockapp '/it'\\''s/python'",
            "sudo /usr/libexec/ApplicationFirewall/socketfilterfw --remove '/it'\\''s/python'",
        ),
        ("unknown", "", ""),
    ],
)
def test_the_firewall_comes_first_with_what_to_type(system, command, undo):
    first = causes(system, 5007, {"lan"}, "/it's/python")[0]
    assert (first.command, first.undo) == (command, undo)


def test_a_vpn_is_a_cause_only_where_there_is_one():
    titles = {
        kind: [cause.title for cause in causes("ufw", 5000, {kind}, "")] for kind in ("lan", "vpn")
    }
    assert "A VPN" not in titles["lan"]
    assert "A VPN" in titles["vpn"]
    assert "A guest network" in titles["lan"]
