"""Can other devices reach this computer? What is known of it, and what may be in the way."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Firewall: TypeAlias = Literal["ufw", "firewalld", "windows", "macos", "unknown"]

UFW_SETTINGS = Path("/etc/ufw/ufw.conf")
# Not in everybody's path.
PROGRAM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin")


@dataclass(frozen=True, slots=True)
class Cause:
    """What may keep other devices away.

    Attributes:
        title: it, in a few words.
        advice: what to do about it, in sentences.
        command: what to type for that, for a user who may administer the computer; else empty.
        undo: what takes the command back; else empty.

    """

    title: str
    advice: str
    command: str = ""
    undo: str = ""


def standing(hosts: Sequence[str], port: int, *, was_reached: bool) -> str:
    """Return what is known, in a sentence or two."""
    if not hosts:
        return "No: this computer is on no network now. Once it is on one, sharing goes on."
    if was_reached:
        return "Yes, another device has got here."
    return (
        f"No other device has asked for anything yet. This computer listens at {_all(hosts)}, "
        f"port {port}."
    )


def causes(
    firewall: Firewall, port: int, kinds: Collection[str], program: str
) -> tuple[Cause, ...]:
    """Return what is usually in the way, the likeliest first.

    Args:
        firewall: what this system has.
        port: what other devices ask at.
        kinds: those of the addresses that are listened on; as `NetworkAddress.kind`.
        program: the file that the system knows this program by.

    """
    found = [_of_firewall(firewall, port, program)]
    if "vpn" in kinds:
        found.append(
            Cause(
                "A VPN",
                "A VPN is on. Many keep this computer apart from the network around it: allow "
                "local devices in its settings, or switch it off for as long as you share.",
            )
        )
    found.append(
        Cause(
            "Another network",
            "The other device has to be in the same network: with Wi-Fi on, and not on mobile "
            "data or on another router’s Wi-Fi.",
        )
    )
    found.append(
        Cause(
            "A guest network",
            "Wi-Fi for guests, in hotels and cafés mostly keeps devices apart (“client "
            "isolation”). Take the main network, or a hotspot of the phone or this computer.",
        )
    )
    return tuple(found)


def firewall(
    system: str = sys.platform,
    has: Callable[[str], bool] | None = None,
    ufw_settings: Path = UFW_SETTINGS,
) -> Firewall:
    """Tell what firewall this computer has, by what is installed.

    Args:
        system: as `sys.platform`.
        has: tells whether there is a program of a name.
        ufw_settings: where ufw keeps whether it is on.

    """
    if system == "win32":
        return "windows"
    if system == "darwin":
        return "macos"
    has = has or _has
    if has("ufw") and not _is_ufw_off(ufw_settings):
        return "ufw"
    return "firewalld" if has("firewall-cmd") else "unknown"


def _of_firewall(firewall: Firewall, port: int, program: str) -> Cause:
    if firewall == "ufw":
        return Cause(
            "The firewall, ufw",
            f"It has to let TCP port {port} in. In a terminal:",
            f"sudo ufw allow {port}/tcp comment Lanslide",
            f"sudo ufw delete allow {port}/tcp",
        )
    if firewall == "firewalld":
        return Cause(
            "The firewall, firewalld",
            f"It has to let TCP port {port} in. In a terminal; it holds until the next restart:",
            f"sudo firewall-cmd --add-port={port}/tcp",
            f"sudo firewall-cmd --remove-port={port}/tcp",
        )
    if firewall == "windows":
        return Cause(
            "Windows Firewall",
            "In Settings › Network & internet, open this network’s properties and make it a "
            "private network. If Windows did not ask whether Lanslide may be reached, type in "
            "PowerShell, as administrator:",
            "New-NetFirewallRule -DisplayName Lanslide -Direction Inbound -Action Allow "
            f"-Protocol TCP -LocalPort {port} -Profile Private",
            "Remove-NetFirewallRule -DisplayName Lanslide",
        )
    if firewall == "macos":
        quoted = "'" + program.replace("'", "'\\''") + "'"
        return Cause(
            "The firewall of macOS",
            "In System Settings › Network › Firewall › Options, allow incoming connections for "
            "Lanslide (or Python). Or in Terminal:",
            f"sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add {quoted} "
            f"--unblockapp {quoted}",
            f"sudo /usr/libexec/ApplicationFirewall/socketfilterfw --remove {quoted}",
        )
    return Cause(
        "A firewall",
        f"If this computer or the network has one, it has to let TCP port {port} in.",
    )


def _has(program: str) -> bool:
    places = [shutil.which(program), *(shutil.which(program, path=one) for one in PROGRAM_FOLDERS)]
    return any(places)


def _is_ufw_off(settings: Path) -> bool:
    try:
        text = settings.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(line.strip().upper() == "ENABLED=NO" for line in text.splitlines())


def _all(hosts: Sequence[str]) -> str:
    return hosts[0] if len(hosts) == 1 else f"{', '.join(hosts[:-1])} and {hosts[-1]}"
