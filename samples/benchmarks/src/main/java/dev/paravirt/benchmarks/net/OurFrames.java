// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Our driver in one JVM and our device in another.
 *
 * @param under a command to run both under
 * @param receive whether the driver receives
 */
record OurFrames(List<String> under, boolean packed, boolean receive, int warmUp, int seconds) implements Measurement {
    @Override
    public double run(Path folder) throws IOException, InterruptedException {
        String socket = folder.resolve("socket").toString();
        List<String> guest = java(NetGuest.class, socket, "--warm-up=" + warmUp, "--seconds=" + seconds);
        if (packed) {
            guest.add("--packed");
        }
        if (receive) {
            guest.add("--receive");
        }
        Process host = new ProcessBuilder(java(NetHost.class, socket, receive ? NetHost.GENERATE : "discard"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            if (host.inputReader().readLine() == null) {
                throw new IOException("our device did not start as it should");
            }
            Process driver = new ProcessBuilder(guest)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                return result(driver);
            } finally {
                driver.destroyForcibly();
            }
        } finally {
            host.destroyForcibly().waitFor();
        }
    }

    private double result(Process driver) throws IOException, InterruptedException {
        if (!driver.waitFor(warmUp + seconds + 60L, TimeUnit.SECONDS) || driver.exitValue() != 0) {
            throw new IOException("our driver did not end as it should");
        }
        String output = new String(driver.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return Double.parseDouble(output.substring(0, output.indexOf(' ')));
    }

    private List<String> java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(under);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
