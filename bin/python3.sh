# Sourced by bin/up and bin/test: sets `python` to PYTHON, or else to the first Python that is new enough.
python="${PYTHON:-}"
for name in python3 python3.14 python3.13 python3.12 python3.11; do
  [ -z "$python" ] || break
  if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$name"; fi
done
if [ -z "$python" ]; then
  echo "Python 3.11 or newer is needed, and was not found; PYTHON=/path/to/python3 $0 names one" >&2
  exit 1
fi

# Bytecode is written at the first import and used by all later ones: without it every start takes seconds
# longer, whatever the caller's environment says.
export PYTHONDONTWRITEBYTECODE=
