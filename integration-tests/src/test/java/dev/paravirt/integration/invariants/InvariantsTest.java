// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.invariants;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.FailureReport;
import dev.paravirt.integration.invariants.fixture.backend.UsesTheGuest;
import dev.paravirt.integration.invariants.fixture.guest.AsksForAClass;
import dev.paravirt.integration.invariants.fixture.guest.HasALock;
import dev.paravirt.integration.invariants.fixture.guest.HasASynchronizedMethod;
import dev.paravirt.integration.invariants.fixture.guest.Lawful;
import dev.paravirt.integration.invariants.fixture.guest.StartsAThread;
import dev.paravirt.integration.invariants.fixture.guest.UsesAVarHandle;
import dev.paravirt.integration.invariants.fixture.guest.UsesForeignMemory;
import dev.paravirt.integration.invariants.fixture.guest.UsesTheBackend;
import dev.paravirt.integration.invariants.fixture.guest.UsesTheJvmPlatform;
import dev.paravirt.integration.invariants.fixture.guest.WaitsForAMonitor;
import dev.paravirt.integration.invariants.fixture.memory.CallsNatively;
import dev.paravirt.integration.invariants.fixture.memory.LoadsALibrary;
import dev.paravirt.integration.invariants.fixture.memory.SegmentManager;
import dev.paravirt.integration.invariants.fixture.memory.StretchesASegment;
import dev.paravirt.integration.invariants.fixture.queue.DriverVirtqueue;
import dev.paravirt.integration.invariants.fixture.spec.UsesSql;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InvariantsTest {
    private static final String ROOT = "dev.paravirt";
    private static final String FIXTURE = Lawful.class.getPackageName().replace(".guest", "");

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages(ROOT);
    private static final JavaClasses FIXTURES = new ClassFileImporter().importPackages(FIXTURE);

    private record Invariant(String name, Function<String, ArchRule> rule, List<Class<?>> violators) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Invariant invariant(String name, Function<String, ArchRule> rule, Class<?>... violators) {
        return new Invariant(name, rule, List.of(violators));
    }

    static Stream<Invariant> invariants() {
        return Stream.of(
                invariant(
                        "the backend does not know the guest",
                        Invariants::backendDoesNotKnowTheGuest,
                        UsesTheGuest.class),
                invariant(
                        "the guest does not know the backend",
                        Invariants::guestDoesNotKnowTheBackend,
                        UsesTheBackend.class),
                invariant(
                        "the specification needs java.base alone",
                        Invariants::specificationNeedsJavaBaseAlone,
                        UsesSql.class),
                invariant(
                        "native calls are made in one package",
                        Invariants::nativeCallsAreMadeInOnePackage,
                        CallsNatively.class,
                        StretchesASegment.class,
                        LoadsALibrary.class),
                invariant(
                        "freestanding code needs no runtime",
                        Invariants::freestandingCodeNeedsNoRuntime,
                        AsksForAClass.class,
                        HasALock.class,
                        HasASynchronizedMethod.class,
                        StartsAThread.class,
                        UsesAVarHandle.class,
                        UsesForeignMemory.class,
                        WaitsForAMonitor.class,
                        DriverVirtqueue.class),
                invariant(
                        "freestanding code needs only its own",
                        Invariants::freestandingCodeNeedsOnlyItsOwn,
                        UsesTheJvmPlatform.class),
                invariant(
                        "packages have no cycles",
                        Invariants::packagesHaveNoCycles,
                        UsesTheGuest.class,
                        UsesTheBackend.class),
                invariant("names say what a thing is", Invariants::namesSayWhatAThingIs, SegmentManager.class));
    }

    static Stream<Arguments> violations() {
        return invariants()
                .flatMap(
                        invariant -> invariant.violators().stream().map(violator -> Arguments.of(invariant, violator)));
    }

    @Test
    void everyModuleIsLookedAt() {
        assertThat(PRODUCT.stream().map(type -> type.getPackageName()))
                .contains("dev.paravirt.spec", "dev.paravirt.queue", "dev.paravirt.linux", "dev.paravirt.guest.jvm")
                .anyMatch(name -> name.startsWith("dev.paravirt.backend."))
                .anyMatch(name -> name.startsWith("dev.paravirt.toyos."))
                .noneMatch(name -> name.startsWith("dev.paravirt.integration"));
    }

    @ParameterizedTest
    @MethodSource("invariants")
    void holds(Invariant invariant) {
        invariant.rule().apply(ROOT).check(PRODUCT);
    }

    @ParameterizedTest
    @MethodSource("violations")
    void canFail(Invariant invariant, Class<?> violator) {
        FailureReport report =
                invariant.rule().apply(FIXTURE).evaluate(FIXTURES).getFailureReport();
        assertThat(report.getDetails())
                .anyMatch(detail -> detail.contains(violator.getName()))
                .noneMatch(detail -> detail.contains(Lawful.class.getName()));
    }
}
