#!/bin/sh
# Finds Python 3.11 and lets it install what is missing: bootstrap.sh python|web ...
for python in "${PYTHON:-}" python3.11 python3; do
    if [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
    then exec "$python" "$(dirname "$0")/bootstrap.py" "$@"
    fi
done
echo "fieldops: Python 3.11 not found (set PYTHON to its path, or apt-get install python3.11-venv)" >&2
exit 1
