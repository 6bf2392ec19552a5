#!/usr/bin/env bash
# Proves the two commands on a machine that has nothing but Debian 12, Python 3.11 and make.
#
#   sudo tests/chroot_proof.sh FOLDER [MAKE TARGET...]     (default targets: venv deps bundle)
#
# Makes a minimal Debian in FOLDER (kept: the second run uses it again, but starts with no caches and a fresh clone of
# HEAD), runs each target in it as root with CI=true and no stdin, and prints how long each took. The target `run` is
# timed until the first page answers, then stopped.
# A machine that reaches its package mirrors by special means names them:
#   PROOF_COPY="/etc/ssl/certs …"      files and folders copied to the same place inside
#   PROOF_PASS="PIP_INDEX_URL …"       environment variables handed on
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,11p' "$0"; exit 2; }
root=$1; shift
targets=("$@"); [ $# -gt 0 ] || targets=(venv deps bundle)
here=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

if [ ! -x "$root/usr/bin/make" ]; then
    debootstrap --variant=minbase --include=python3,make,ca-certificates bookworm "$root"
fi
for path in ${PROOF_COPY:-}; do
    mkdir -p "$root$(dirname "$path")"
    rm -rf "${root:?}$path" && cp -rL "$path" "$root$path"
done
rm -rf "$root/dealflow" "$root/root/.cache" "$root/root/.npm"
mkdir -p "$root/dealflow"
git -C "$here" archive HEAD | tar -x -C "$root/dealflow"

handed_on=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CI=true)
for name in ${PROOF_PASS:-}; do handed_on+=("$name=${!name}"); done

inside() (
    exec unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" env -i "${@}"' \
        "$root" "${handed_on[@]}" sh -c "cd /dealflow && $1" </dev/null
)

inside 'python3 --version; make --version | head -1; command -v node npm chromium pip || echo "no node, npm, chromium or pip: good"'
first_page() {
    set -m  # a process group of its own, so that all of it can be stopped
    inside "DEALFLOW_PORT=${PROOF_PORT:-8000} make run" &
    local pid=$! page="http://127.0.0.1:${PROOF_PORT:-8000}/inquiry"
    until python3 -c "import urllib.request; urllib.request.urlopen('$page', timeout=2)" 2>/dev/null; do
        kill -0 "$pid" 2>/dev/null || { echo "make run ended before a page answered"; return 1; }
        sleep 0.2
    done
    printf 'first page after %s s\n' "$(python3 -c "print(round($(date +%s.%N) - $started, 1))")"
    kill -KILL -- "-$pid"
    wait "$pid" 2>/dev/null || true
    set +m
}

for target in "${targets[@]}"; do
    started=$(date +%s.%N)
    if [ "$target" = run ]; then first_page; continue; fi
    inside "make $target"
    printf 'make %s: %.1f s\n' "$target" "$(python3 -c "print($(date +%s.%N) - $started)")"
done
