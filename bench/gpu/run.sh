#!/usr/bin/env bash
# Owns: one run of all figures on a machine with a GPU: devices, self-tests, sums beside sppark's, transforms, proofs. Ends by
# itself; what each step said lies in OUT, and a short table comes last. Needs what pack.sh put beside it and, for sppark,
# nvcc and a C compiler; nothing else, and no network.
# TUNE=1 tunes first, which takes some minutes, and measures with what that found.
#   OUT=folder DEVICE=cuda:0 TUNE=0 PROFILE_SIZE=20 MSM_SIZES=20,22,24 NTT_SIZES=20,22,24 PROVE_SIZES=20 RUNS=5 STEP_LIMIT=600 ./run.sh
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
out="${OUT:-gpu-report}"
msm_sizes="${MSM_SIZES:-20,22,24}" ntt_sizes="${NTT_SIZES:-20,22,24}" prove_sizes="${PROVE_SIZES:-20}"
runs="${RUNS:-5}" limit="${STEP_LIMIT:-600}"
mkdir -p "$out"
# Compiled programs and keys stay in the report's folder too: nothing is left on the machine.
mkdir -p "$out/cache" "$out/tmp"
XDG_CACHE_HOME="$(cd "$out/cache" && pwd)" TMPDIR="$(cd "$out/tmp" && pwd)"
export XDG_CACHE_HOME TMPDIR DOTNET_BUNDLE_EXTRACT_BASE_DIR="$TMPDIR"
results=()

# step NAME COMMAND...: runs a command under the time limit; its output goes to OUT/NAME.log.
step() {
    local name="$1" code=0 began=$SECONDS
    shift
    printf '== %s: %s\n' "$name" "$*"
    timeout --kill-after=10 "$limit" "$@" >"$out/$name.log" 2>&1 </dev/null || code=$?
    local outcome=ok
    [ "$code" -eq 0 ] || outcome="failed ($code)"
    [ "$code" -ne 124 ] || outcome="over $limit s"
    results+=("$(printf '%-16s %-12s %4d s' "$name" "$outcome" "$((SECONDS - began))")")
    tail -n 12 "$out/$name.log" | cut -c 1-200
    return "$code"
}
skip() {
    printf '== %s: skipped, %s\n' "$1" "$2"
    results+=("$(printf '%-16s skipped: %s' "$1" "$2")")
}

step machine bash -c 'uname -a; lscpu | head -25; nvidia-smi; nvcc --version; ldconfig -p | grep -E "libcuda|libnvrtc|libOpenCL|libnvidia-opencl"; true'
step devices ./zkps devices
device="${DEVICE:-}"
if [ -z "$device" ]; then
    device="$(grep -oE '\b(cuda|opencl):[0-9]+' "$out/devices.log" | sort | head -n 1)"
fi
device="${device:-cuda:0}"
echo "device: $device"

if [ "${TUNE:-0}" = 1 ]; then
    PROVING_SERVICE_GPU_TUNING="$(cd "$out" && pwd)/tuning.json"
    export PROVING_SERVICE_GPU_TUNING
    step tune ./zkps bench tune --device "$device" --msm "$msm_sizes" --ntt "$ntt_sizes" --runs 2
fi

# sppark, for both curves.
architecture="${ARCH:-}"
if [ -z "$architecture" ] && command -v nvidia-smi >/dev/null; then
    architecture="sm_$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d '. ')"
fi
why=""
if ! command -v nvcc >/dev/null && [ -x /usr/local/cuda/bin/nvcc ]; then
    PATH="$PATH:/usr/local/cuda/bin"
fi
command -v nvcc >/dev/null || why="there is no nvcc"
{ [ -d sppark ] && [ -d blst ]; } || why="its sources are not here"
[[ "$device" == cuda:* ]] || why="$device is no CUDA device"
has_sppark=""
if [ -n "$why" ]; then
    skip sppark "$why"
else
    build="$TMPDIR/sppark"
    mkdir -p "$build"
    if step sppark-blst bash -c "cp -r blst '$build/' && cd '$build/blst' && ./build.sh"; then
        for feature in BLS12_381 BN254; do
            step "sppark-$feature" nvcc -O3 -std=c++17 "-arch=${architecture:-sm_90}" "-DFEATURE_$feature" -D__ADX__ \
                -Isppark -Iblst/src sppark-msm.cu sppark/util/all_gpus.cpp "$build/blst/libblst.a" -o "$build/sppark-$feature" \
                && has_sppark="yes"
        done
    fi
fi

for curve in bls12-381 bn254; do
    step "profile-$curve" ./zkps bench profile --device "$device" --curve "$curve" --size "${PROFILE_SIZE:-20}"
    feature="$(tr 'a-z-' 'A-Z_' <<<"$curve")"
    if [ -n "$has_sppark" ] && [ -x "$build/sppark-$feature" ]; then
        for size in ${msm_sizes//,/ }; do
            step "beside-$curve-$size" ./zkps bench beside "$build/sppark-$feature" --device "$device" --curve "$curve" --sizes "$size" --runs "$runs"
        done
    fi
    step "msm-$curve" ./zkps bench msm --device "$device" --curve "$curve" --sizes "$msm_sizes" --runs "$runs" --plot "$out/msm-$curve.svg"
    step "ntt-$curve" ./zkps bench ntt --device "$device" --curve "$curve" --sizes "$ntt_sizes" --runs "$runs" --plot "$out/ntt-$curve.svg"
    step "prove-$curve" ./zkps bench prove --device "$device" --curve "$curve" --sizes "$prove_sizes" --runs "$runs"
done

rm -rf "$out/tmp" "$out/cache"
printf '%s\n' "${results[@]}" >"$out/steps.txt"
{
    echo "device: $device"
    cat "$out/steps.txt"
    for log in "$out"/beside-*.log "$out"/msm-*.log "$out"/ntt-*.log "$out"/prove-*.log "$out"/profile-*.log; do
        [ ! -s "$log" ] || { echo; cut -c 1-160 "$log"; }
    done
} >"$out/summary.txt"
printf '\n== summary, also in %s\n' "$out/summary.txt"
cat "$out/summary.txt"
