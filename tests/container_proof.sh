#!/usr/bin/env bash
# Builds the image of docs/deploy/Containerfile where there is no container engine and no registry, and starts it.
#
#   sudo tests/container_proof.sh FOLDER
#
# Needs buildah and debootstrap. The base image is a Debian 12 with its own Python 3.11, made by debootstrap and
# given the name that the Containerfile asks for; every step of the Containerfile runs as written, isolated by chroot.
# Then the image's own command serves, as the image's own user, until a page and the health port answer.
# A machine that reaches its package mirrors by special means names them:
#   PROOF_MOUNT="/etc/ssl/certs …"        files and folders seen at the same place while building
#   PROOF_ENV="NODE_EXTRA_CA_CERTS=… …"   environment of the base image
#   PROOF_PORT=8000                       where the image serves (health: one above)
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,14p' "$0"; exit 2; }
folder=$1 port=${PROOF_PORT:-8000}
here=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
base=docker.io/library/python:3.11-slim-bookworm
b() { buildah --root "$folder/store" --runroot "$folder/run" --storage-driver vfs "$@"; }

mkdir -p "$folder"
if ! b inspect --type image "$base" >/dev/null 2>&1; then
    [ -x "$folder/base/usr/bin/python3" ] || debootstrap --variant=minbase \
        --include=python3,python3-venv,python3-pip,ca-certificates bookworm "$folder/base"
    made=$(b from scratch)
    tar -C "$folder/base" -cf "$folder/base.tar" .
    b add "$made" "$folder/base.tar" /
    for one in ${PROOF_ENV:-}; do b config --env "$one" "$made"; done
    b commit --rm "$made" "$base"
    rm "$folder/base.tar"
fi

rm -rf "$folder/checkout" && mkdir "$folder/checkout"
git -C "$here" archive HEAD | tar -x -C "$folder/checkout"
mounts=()
for one in ${PROOF_MOUNT:-}; do mounts+=(--volume "$one:$one:ro"); done
started=$SECONDS
b bud --isolation chroot --pull=never "${mounts[@]}" -f "$folder/checkout/docs/deploy/Containerfile" \
    -t dealflow "$folder/checkout"
printf 'image built in %d s\n' $((SECONDS - started))

box=$(b from --pull=never dealflow)
b run --isolation chroot "$box" -- sh -c 'id -un; dealflow --version; dealflow deploy | tail -1'
set -m  # a process group of its own, so that all of it can be stopped
b run --isolation chroot --env DEALFLOW_PORT="$port" --env DEALFLOW_HEALTH_PORT=$((port + 1)) "$box" -- \
    sh -c "exec $(b inspect --format '{{range .OCIv1.Config.Cmd}}{{.}} {{end}}' "$box")" 2>"$folder/served.log" &
server=$!
trap 'kill -TERM -- -$server 2>/dev/null; wait $server 2>/dev/null || true; b rm "$box" >/dev/null' EXIT
for page in "http://127.0.0.1:$port/inquiry" "http://127.0.0.1:$((port + 1))/health/ready"; do
    until python3 -c "import urllib.request as u; print('$page', u.urlopen('$page', timeout=2).status)" 2>/dev/null; do
        kill -0 $server || { echo "the image ended before $page answered"; exit 1; }
        sleep 0.5
    done
done
