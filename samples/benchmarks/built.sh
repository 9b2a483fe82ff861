# Sourced by the programs beside it: builds what they run. compare CLASS OPTION... then runs it.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/.mvn/jdk25.sh"
set +f # which that leaves on

echo "building (a minute or more from a clean checkout)" >&2
"$root/mvnw" -f "$root/pom.xml" -B -q package -DskipTests -pl samples/benchmarks -am
commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)

compare() {
  "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "$here/target/benchmarks.jar" "dev.paravirt.benchmarks.$1" \
    --commit "$commit" "${@:2}"
}
