#!/usr/bin/env bash
# SGEMM of every library found, on BENCH_THREADS threads (2).
# usage: run_gemm.sh PEERS_FOLDER     (as `setup` left it)
set -u
peers=$1
threads=${BENCH_THREADS:-2}
export OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads BLIS_NUM_THREADS=$threads
export MKL_NUM_THREADS=$threads MKL_THREADING_LAYER=GNU OMP_PROC_BIND=true

# measure LABEL KIND LIBRARY [PROGRAM]
measure() {
  local problem=
  if [ ! -e "$3" ]; then
    problem="not installed"
  elif [ ! -x "$peers/build/${4:-gemm}" ]; then
    problem="build/${4:-gemm} is not built: peers/setup"
  elif ! "$peers/build/${4:-gemm}" "$1" "$2" "$3" "$threads"; then
    problem="it failed"
  fi
  if [ -n "$problem" ]; then
    echo "{\"peer\":\"$1\",\"workload\":\"gemm\",\"threads\":$threads,\"error\":\"$problem\"}"
  fi
}

# debian NAME PACKAGE: a label with the version of a Debian package.
debian() {
  local version
  version=$(dpkg-query -W -f '${Version}' "$2" 2>/dev/null)
  echo "$1-debian-${version%%[+~-]*}"
}

# The first of some paths that is there.
first() {
  local path
  for path in "$@"; do
    [ -e "$path" ] && echo "$path" && return
  done
}

library() { gcc -print-file-name="$1"; }

wheel=$peers/sk/lib/python3*/site-packages/numpy.libs
measure openblas-numpy-wheel scipy64 "$(first $wheel/libscipy_openblas64_*.so)"
measure "$(debian openblas libopenblas-dev)" cblas "$(library libopenblas.so)"
measure "$(debian blis libblis-dev)" cblas "$(library libblis.so)"
measure "$(debian onednn libdnnl-dev)" dnnl "$(library libdnnl.so)"
measure onednn-pypi-3.2 dnnl "$(first "$peers"/mkl/lib/libdnnl.so.3)"
LD_LIBRARY_PATH=$peers/mkl/lib measure mkl-pypi cblas "$(first "$peers"/mkl/lib/libmkl_rt.so*)"
# libxsmm has no threads of its own.
if [ "$threads" = 1 ]; then
  measure "$(debian libxsmm libxsmm-dev)" xsmm "$(library libxsmm.a)" gemm-xsmm
fi
