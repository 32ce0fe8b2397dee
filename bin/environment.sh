# Sourced by the other commands of this folder: creates the Python environment of this checkout, once.
# It is kept in the user's cache, keyed by what determines its content, so that nothing is installed twice.

# A service has no HOME. With sudo, HOME may still be the caller's, who could not remove the files that root
# writes there: then root's own folders are used, the same as from a shell of root.
account_home() { getent passwd "$(id -u)" | cut -d: -f6; }

of_caller() {
  local folder=$1
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ] && [ "$(stat -c %u "$folder")" = "$SUDO_UID" ]
}

settle_home() {
  local variable
  if [ -z "${HOME:-}" ]; then
    HOME=$(account_home)
  elif of_caller "$HOME"; then
    # The caller's kubeconfig is still used.
    if [ -z "${KUBECONFIG:-}" ] && [ -e "$HOME/.kube/config" ]; then export KUBECONFIG=$HOME/.kube/config; fi
    HOME=$(account_home)
  fi
  export HOME=${HOME:-/}
  for variable in XDG_CACHE_HOME XDG_STATE_HOME; do
    if [ -n "${!variable:-}" ] && of_caller "${!variable}"; then
      say "$variable is not used: ${!variable} belongs to ${SUDO_USER:-$SUDO_UID}, and this is root"
      unset "$variable"
    fi
  done
}

say() { printf 'pkgops: %s\n' "$*" >&2; }

die() { say "$@"; exit 3; }

settle_home

# Compiled modules are kept in the user's cache too, whatever the caller's settings: it halves the start-up time.
export PYTHONPYCACHEPREFIX=${XDG_CACHE_HOME:-$HOME/.cache}/pkgops/pycache
unset PYTHONDONTWRITEBYTECODE

# Print the path of a Python that can create environments; install Debian's where there is none.
find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if usable_python "$candidate"; then command -v "$candidate"; return; fi
  done
  install_python
  usable_python /usr/bin/python3 || die "Python 3.11 or newer is needed; install it and run the command again"
  echo /usr/bin/python3
}

usable_python() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

install_python() {
  command -v apt-get >/dev/null || die "Python 3.11 or newer with venv is needed, and there is no apt to install it"
  [ "$(id -u)" = 0 ] || die "python3-venv is missing; run as root, or install it: apt-get install python3 python3-venv"
  say "installing with apt: python3 python3-venv"
  DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends --no-remove \
    python3 python3-venv >&2
}

# Succeed if the arguments are a command that starts or stops this machine's cluster, which only root can do.
needs_root() {
  local word
  [ "$(id -u)" != 0 ] || return 1
  for word; do
    case $word in -h | --help | --context* | -f* | --values* | --dry-run | -o* | --output*) return 1 ;; esac
  done
  case "${1:-} ${2:-}" in
    "local up" | "local down") ;;
    "up "*) [ -z "${PKGOPS_CONTEXT:-}" ] && ! grep -Eqs '(^|[ {,])context: *[^ "#,}]' pkgops.yaml config.yaml ;;
    *) return 1 ;;
  esac
}

# Exit with an error at once, in the format of all errors of pkgops, before minutes of installing.
refuse() {
  printf 'error: local-check\n%s\n%s\nnext: %s\n' "only root can run a cluster on this machine" \
    "network namespaces, cgroups and mounts are made for it" "sudo $0 $*" >&2
  exit 3
}

# Succeed if an environment is complete, and its base Python is still the one it was created with.
ready() {
  [ -e "$1/complete" ] && [ "$(readlink -f "$1/bin/python3")" = "$(<"$1/complete")" ]
}

# Create the environment (with the given extras, such as "local,ui") and print its folder.
environment() {
  local checkout=$1 extra=${2:-} python key folder cache
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/pkgops
  key=$( (cat "$checkout/pyproject.toml"; echo "$checkout $extra") | sha256sum | cut -c1-12)
  folder=$cache/venv${extra:+-${extra//,/-}}-$key
  if ready "$folder"; then echo "$folder"; return; fi
  python=$(find_python) || return
  mkdir -p "$cache"
  (
    flock 9
    if ! ready "$folder"; then
      say "installing pkgops and its Python libraries into $folder"
      # No errexit in a command substitution: commands that are not chained would run after a failure.
      # Not compiled: most modules of the libraries are never imported, and Python compiles the others itself.
      rm -rf "$folder" &&
        "$python" -m venv "$folder" &&
        "$folder/bin/pip" install --quiet --disable-pip-version-check --no-compile --editable "$checkout${extra:+[$extra]}" >&2 &&
        readlink -f "$folder/bin/python3" >"$folder/complete"
    fi
  ) 9>"$cache/venv.lock" || die "the Python environment could not be made; see above, then run the command again"
  echo "$folder"
}
