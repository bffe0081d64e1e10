#!/usr/bin/env bash
# Runs all tests on a fresh machine: bash tests/run.sh [what pytest takes]
# Two processes share them; with -n 0 there is one, as pytest alone has it.
#
# On Debian and Ubuntu it first installs the system packages that the tests need and that are
# missing. The windows of the tests go nowhere; to see them: QT_QPA_PLATFORM=xcb bash tests/run.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
    # What Qt's wheel loads, to draw with no screen and on one.
    libdbus-1-3 libegl1 libfontconfig1 libgl1 libgssapi-krb5-2 libxcb-cursor0 libxcb-icccm4
    libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
    libxkbcommon-x11-0 libxkbcommon0 fonts-dejavu-core xauth xdotool xvfb
    # The desktop's own tools, which read the launcher's entry and start it, and its bus.
    dbus desktop-file-utils libglib2.0-bin xdg-utils
    # What makes networks, and pictures.
    iproute2 libheif-examples
    # What unpacks archives.
    7zip libarchive-tools
    # What people open a share with, besides the window and a browser.
    curl lftp rclone unzip wget
)

browser=chromium quicker=chromium-headless-shell

is_in_packages() {
    apt-cache show "$1" >/dev/null 2>&1
}

has_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

missing_packages() {
    local package
    for package in "$@"; do
        # shellcheck disable=SC2016 # the braces are dpkg-query's
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            echo "$package"
        fi
    done
}

install_packages() {
    local as_root=()
    if [[ $(id -u) != 0 ]]; then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing, and there is no sudo to install them: $*" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "Installing system packages: $*"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
    "${apt[@]}" update
    "${apt[@]}" install --yes --no-install-recommends "$@"
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    mapfile -t missing < <(missing_packages "${packages[@]}")
    if ((${#missing[@]})); then
        install_packages "${missing[@]}" </dev/null
    fi
    if ! has_browser >/dev/null && ! install_packages "$browser" </dev/null; then
        # Ubuntu has it as a snap alone.
        if is_in_packages "$browser"; then exit 1; fi
        echo "The page's tests are skipped: they need Chromium or Chrome." >&2
    fi
    # Chromium without a window of its own takes half the time. Not every system has it.
    if [[ $(missing_packages "$quicker") ]] && is_in_packages "$quicker"; then
        install_packages "$quicker" </dev/null || echo "Chromium itself will do." >&2
    fi
elif [[ $(uname) == Linux ]]; then
    echo "If a test misses a library or a tool, install what Debian calls: $browser ${packages[*]}" >&2
fi

if command -v uv >/dev/null; then
    uv=(uv)
else
    python=$(command -v python3 || command -v python)
    uv=("$python" -m uv)
    if ! "${uv[@]}" --version >/dev/null 2>&1 &&
        ! "$python" -m pip install --quiet uv </dev/null 2>/dev/null; then
        # A Python that belongs to the system lets nobody install into it.
        "$python" -m venv build/uv
        build/uv/bin/python -m pip install --quiet uv </dev/null
        uv=(build/uv/bin/uv)
    fi
fi

export QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-offscreen}"
pytest=("${uv[@]}" run pytest)
if (($#)); then
    exec "${pytest[@]}" "$@"
fi
# Those whose shares are announced on loopback, where each hears those of the others.
announced=(
    tests/gui/test_encryption.py tests/gui/test_other_shares.py tests/gui/test_resuming.py
    tests/gui/test_trust.py tests/server/test_discovery.py
)
status=0
"${pytest[@]}" "${announced[@]}" || status=$?
# The others two at a time: they share this computer with the decoders, browsers and servers that
# they start.
"${pytest[@]}" -n 2 "${announced[@]/#/--ignore=}" || status=$(($? > status ? $? : status))
# Of thousands that wait for windows, browsers and servers, one may have waited for somebody else's
# work on this computer. What failed is tried once more, alone: a fault of ours fails again.
if [[ $status == 1 ]]; then
    echo "== Once more, alone: the tests named above as failed"
    status=0
    "${pytest[@]}" --last-failed --maxfail 1 || status=$?
fi
exit "$status"
