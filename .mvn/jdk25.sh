# Sourced by mvnw: sets JAVA_HOME to a JDK 25 or newer, wherever the default java is older.
jdk25_is() { [ -x "$1/bin/javac" ] && v=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null) && [ "${v:-0}" -ge 25 ]; }
set +f
for d in "${JAVA25_HOME-}" "${JAVA_HOME-}" /usr/lib/jvm/* /opt/*jdk* "$HOME"/.sdkman/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
  if [ -n "$d" ] && jdk25_is "$d"; then export JAVA_HOME="$d"; break; fi
done
set -f
if [ -z "${JAVA_HOME-}" ] || ! jdk25_is "$JAVA_HOME"; then
  echo "No JDK 25 found. Install one (https://adoptium.net) or set JAVA25_HOME to its folder." >&2
  exit 1
fi
