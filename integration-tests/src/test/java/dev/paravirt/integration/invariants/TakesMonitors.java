// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.invariants;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.Source;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.MonitorInstruction;

/** Whether a class has a synchronized method or block. ArchUnit does not look at blocks, so this reads the byte code. */
final class TakesMonitors extends ArchCondition<JavaClass> {
    TakesMonitors() {
        super("take monitors");
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
        type.getMethods().stream()
                .filter(method -> method.getModifiers().contains(JavaModifier.SYNCHRONIZED))
                .forEach(method ->
                        events.add(SimpleConditionEvent.satisfied(type, method.getFullName() + " is synchronized")));
        for (MethodModel method : ClassFile.of().parse(bytes(type)).methods()) {
            if (method.code().isPresent()
                    && method.code().get().elementStream().anyMatch(MonitorInstruction.class::isInstance)) {
                events.add(SimpleConditionEvent.satisfied(
                        type, type.getName() + "." + method.methodName().stringValue() + " takes a monitor"));
            }
        }
    }

    private static byte[] bytes(JavaClass type) {
        Source source = type.getSource().orElseThrow();
        try (InputStream in = source.getUri().toURL().openStream()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source, e);
        }
    }
}
