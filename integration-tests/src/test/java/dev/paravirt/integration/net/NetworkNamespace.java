// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A network stack of the kernel's with nothing in it but what a test puts there. */
@SuppressWarnings("try") // Waits for a program to end, as all of a test does that is interrupted by its timeout alone.
public final class NetworkNamespace implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    public final String name = "paravirt-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();

    private NetworkNamespace() {}

    /** Ends the calling test if this user can make none. */
    public static NetworkNamespace create() throws IOException, InterruptedException {
        WireTools.require("ip", "iproute2");
        NetworkNamespace made = new NetworkNamespace();
        WireTools.Outcome outcome = WireTools.attempt("ip", "netns", "add", made.name);
        if (outcome.status() != 0) {
            WireTools.missing("no network namespace can be made, run as root: "
                    + outcome.output().strip());
        }
        return made;
    }

    /** Runs the {@code ip} command on this namespace. */
    public void ip(String arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip", "-n", name));
        command.addAll(List.of(arguments.split(" ")));
        WireTools.run(command.toArray(String[]::new));
    }

    /** What runs a program in it. */
    public List<String> command(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(List.of(command));
        return all;
    }

    /** Runs a program in it, which must succeed. */
    public void run(String... command) throws IOException, InterruptedException {
        WireTools.run(command(command).toArray(String[]::new));
    }

    /** What runs a main class of the tests in it. */
    public List<String> java(Class<?> main, String... arguments) {
        List<String> all = command(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                main.getName());
        all.addAll(List.of(arguments));
        return all;
    }

    private static String classPath() {
        String modules = System.getProperty("jdk.module.path", "");
        String classes = System.getProperty("java.class.path", "");
        return modules.isEmpty() ? classes : modules + File.pathSeparator + classes;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        WireTools.run("ip", "netns", "delete", name);
    }
}
