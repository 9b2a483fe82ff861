// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * Signals to this process that the JVM itself has no use for, such as WINCH.
 *
 * <p>They are had through {@code sun.misc.Signal} of the module jdk.unsupported. There is no other way: a signal handler of
 * our own would have to run Java on a thread that the JVM may have stopped anywhere, and a signalfd sees only what every
 * thread blocks, while the JVM's threads were started before us and block nothing. Reflection, as the compiler's warning
 * about this class cannot be switched off.
 */
public final class Signals {
    private static final String SIGNAL = "sun.misc.Signal";
    private static final String HANDLER = "sun.misc.SignalHandler";

    private Signals() {}

    /**
     * Runs something on each signal, on a thread of the JVM's.
     *
     * @param name without SIG: WINCH, CONT
     * @return ends that: what was in force before is again; null if this JVM cannot tell of that signal, for want of
     *     jdk.unsupported or as somebody has it already
     */
    public static @Nullable AutoCloseable on(String name, Runnable action) {
        try {
            Class<?> type = Class.forName(SIGNAL);
            Class<?> handlerType = Class.forName(HANDLER);
            Constructor<?> constructor = type.getConstructor(String.class);
            Method handle = type.getMethod("handle", type, handlerType);
            Object signal = constructor.newInstance(name);
            Object handler = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        if (method.getDeclaringClass() == handlerType) {
                            action.run();
                            return null;
                        }
                        return method.invoke(action, arguments);
                    });
            Object before = handle.invoke(null, signal, handler);
            return () -> handle.invoke(null, signal, before);
        } catch (ReflectiveOperationException | RuntimeException unavailable) {
            return null;
        }
    }
}
