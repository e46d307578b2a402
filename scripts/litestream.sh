#!/bin/sh
# Runs the program of this installation with its Node, wherever that lies and through whatever links it was called.
self=$(readlink -f "$0") || exit 1
program=${self%/bin/litestream}/lib/litestream
exec "$program/node" "$program/dist/bin/litestream.js" "$@"
