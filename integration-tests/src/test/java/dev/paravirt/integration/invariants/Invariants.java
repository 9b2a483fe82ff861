// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.invariants;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.module.ModuleDescriptor;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the code must never do. Each rule is made for a root package: {@code dev.paravirt}, where it has to hold, or that
 * of the fixtures, where it has to fail.
 */
final class Invariants {
    /** The driver half of {@code queue}. What it needs beside these must be listed too, or the rule fails. */
    private static final Set<String> DRIVER_HALF = Set.of(
            "AdaptiveSpin",
            "BufferChain",
            "BuffersUnderWay",
            "DriverMemory",
            "DriverVirtqueue",
            "EventSuppression",
            "PackedDriverVirtqueue",
            "SplitDriverVirtqueue",
            "VirtqueueException",
            "VirtqueueFormat");

    private static final Set<String> JAVA_BASE = Object.class.getModule().getDescriptor().exports().stream()
            .filter(exports -> !exports.isQualified())
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toUnmodifiableSet());

    private static final Pattern HOLLOW_NAME = Pattern.compile(".*(Impl|Manager|Utils?)");

    private Invariants() {}

    static ArchRule backendDoesNotKnowTheGuest(String root) {
        return noClasses()
                .that(resideInAPackage(root + ".backend.."))
                .should()
                .dependOnClassesThat(resideInAPackage(root + ".guest.."));
    }

    static ArchRule guestDoesNotKnowTheBackend(String root) {
        return noClasses()
                .that(resideInAPackage(root + ".guest.."))
                .should()
                .dependOnClassesThat(resideInAPackage(root + ".backend.."));
    }

    static ArchRule specificationNeedsJavaBaseAlone(String root) {
        return classes()
                .that(resideInAPackage(root + ".spec.."))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(root + ".spec..", "org.jspecify.annotations")
                        .or(describe(
                                "are exported by java.base",
                                type -> JAVA_BASE.contains(
                                        type.getBaseComponentType().getPackageName()))));
    }

    static ArchRule nativeCallsAreMadeInOnePackage(String root) {
        return noClasses()
                .that(resideOutsideOfPackage(root + ".linux"))
                .should()
                .dependOnClassesThat(assignableTo(Linker.class)
                        .or(assignableTo(SymbolLookup.class))
                        .or(assignableTo(FunctionDescriptor.class))
                        .or(nameMatching("(sun\\.misc|jdk\\.internal\\.misc)\\.Unsafe")))
                .orShould()
                .callMethodWhere(describe(
                        "gives a segment another size or lifetime",
                        call -> call.getName().equals("reinterpret")
                                && call.getTargetOwner().isAssignableTo(MemorySegment.class)))
                .orShould()
                .callMethodWhere(describe(
                        "loads a native library",
                        call -> call.getName().matches("load|loadLibrary")
                                && (call.getTargetOwner().isEquivalentTo(System.class)
                                        || call.getTargetOwner().isEquivalentTo(Runtime.class))));
    }

    static ArchRule freestandingCodeNeedsNoRuntime(String root) {
        return noClasses()
                .that(freestanding(root))
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(
                                        "java.lang.foreign..",
                                        "java.lang.invoke..",
                                        "java.lang.reflect..",
                                        "java.util.concurrent..",
                                        "java.nio",
                                        "java.nio.channels..",
                                        "java.nio.file..",
                                        "java.net..",
                                        "org.slf4j..")
                                .or(
                                        nameMatching(
                                                "java\\.lang\\.(Thread|Thread\\w+|ScopedValue|Process\\w*|Runtime|ClassLoader|Module\\w*)")))
                .orShould()
                .callMethodWhere(describe(
                        "waits for a monitor",
                        call -> call.getTargetOwner().isEquivalentTo(Object.class)
                                && call.getName().matches("wait|notify|notifyAll")))
                .orShould()
                .callMethodWhere(describe(
                        "looks into a class",
                        call -> call.getTargetOwner().isEquivalentTo(Class.class)
                                && call.getName().matches("forName|newInstance|get.*(Method|Field|Constructor)s?")))
                .orShould(new TakesMonitors());
    }

    static ArchRule freestandingCodeNeedsOnlyItsOwn(String root) {
        return classes()
                .that(freestanding(root))
                .should()
                .onlyDependOnClassesThat(freestanding(root)
                        .or(resideInAnyPackage(
                                root + ".spec..", root + ".memory", "java..", "org.jspecify.annotations"))
                        .or(describe(
                                "are primitive",
                                type -> type.getBaseComponentType().isPrimitive()))
                        .or(describe(
                                "are arrays of such",
                                type -> type.isArray() && freestanding(root).test(type.getBaseComponentType()))));
    }

    static ArchRule packagesHaveNoCycles(String root) {
        return slices().matching(root + ".(**)").should().beFreeOfCycles();
    }

    static ArchRule namesSayWhatAThingIs(String root) {
        return noClasses()
                .that(resideInAPackage(root + ".."))
                .should()
                .haveNameMatching(HOLLOW_NAME.pattern())
                .as("no class is named *Impl, *Manager or *Util");
    }

    private static DescribedPredicate<JavaClass> freestanding(String root) {
        DescribedPredicate<JavaClass> sdk =
                resideInAPackage(root + ".guest..").and(resideOutsideOfPackage(root + ".guest.jvm.."));
        return sdk.or(describe("the driver half of queue", type -> {
            String name = type.getName();
            int nested = name.indexOf('$');
            String outermost = nested < 0 ? name : name.substring(0, nested);
            return DRIVER_HALF.stream().anyMatch(simple -> outermost.equals(root + ".queue." + simple));
        }));
    }
}
