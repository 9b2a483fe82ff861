# Sourced by mvnw: sets JAVA_HOME to a JDK 25 or newer, wherever the default java is older.
jdk25_is() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS='="' read -r key _ v; do
    [ "$key" != JAVA_VERSION ] || { v=${v%%[!0-9]*}; [ "${v:-0}" -ge 25 ]; return; }
  done <"$1/release"
  return 1
}
set +f
for d in "${JAVA25_HOME-}" "${JAVA_HOME-}" /usr/lib/jvm/* /opt/*jdk* "${HOME-}"/.sdkman/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
  if [ -n "$d" ] && jdk25_is "$d"; then export JAVA_HOME="$d"; break; fi
done
set -f
if [ -z "${JAVA_HOME-}" ] || ! jdk25_is "$JAVA_HOME"; then
  echo "No JDK 25 found. Install one (https://adoptium.net) or set JAVA25_HOME to its folder." >&2
  exit 1
fi
