#!/bin/sh
# SPDX-License-Identifier: MIT
# Make `configure` from configure.ac; needed once after a fresh clone.
set -e
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf --install --force --warnings=all,no-portability
