#!/usr/bin/env bash
# Owns: the folder to carry to a machine with an NVIDIA GPU but neither .NET nor a network: zkps as one file, run.sh, and the
# sources of sppark and blst if they are at hand. Needs the .NET SDK here.
#   bench/gpu/pack.sh FOLDER
# SPPARK and BLST name checkouts of github.com/supranational/sppark and blst; without them run.sh measures ours alone.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: pack.sh FOLDER" >&2; exit 2; }
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
mkdir -p "$1"
target="$(cd "$1" && pwd)"
published="$(mktemp -d)"
trap 'rm -rf "$published"' EXIT
dotnet publish "$here/../../src/ProvingService.Cli" -c Release -p:Portable=true -o "$published" --nologo -v quiet
cp "$published/zkps" "$here/run.sh" "$here/sppark-msm.cu" "$target/"
for peer in sppark blst; do
    name="${peer^^}"
    if [ -n "${!name:-}" ]; then
        rm -rf "${target:?}/$peer"
        mkdir "$target/$peer"
        tar -C "${!name}" --exclude=.git -cf - . | tar -C "$target/$peer" -xf -
    else
        echo "pack: $name is not set; run.sh will measure without sppark."
    fi
done
du -sh "$target"
