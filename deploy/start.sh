#!/bin/sh
# Make the gallery where there is none, then be the service: signals go to it, and not to a shell in front of it.
set -eu
GALLERY="${GAITPRINT_GALLERY:-/data/people.gallery}"
if [ ! -e "$GALLERY" ]; then
    gaitprint gallery create "$GALLERY" --retention "${GAITPRINT_RETENTION:-30}" --keep-walks
fi
exec gaitprint serve "$GALLERY" --host "${GAITPRINT_HOST:-0.0.0.0}" --port "${GAITPRINT_PORT:-8321}" "$@"
