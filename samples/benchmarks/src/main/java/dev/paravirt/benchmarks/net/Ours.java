// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Our network device and driver, each in a JVM of its own, on hypercalls or on vhost-user. */
final class Ours {
    private Ours() {}

    /** @param vhostUser whether it serves vhost-user, or hypercalls */
    record Device(boolean vhostUser) implements FrameDevice {
        @Override
        public Process start(Path folder, Path socket, Flow flow) throws IOException, InterruptedException {
            String transport = vhostUser ? NetHost.VHOST_USER : "hypercall";
            String network = flow.receive() ? NetHost.GENERATE : "discard";
            Process host = new ProcessBuilder(java(flow, NetHost.class, socket.toString(), transport, network))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (host.inputReader().readLine() == null) {
                host.destroyForcibly().waitFor();
                throw new IOException("our device did not start as it should");
            }
            return host;
        }
    }

    /** On hypercalls. */
    record Driver() implements FrameDriver {
        @Override
        public double run(Path folder, Path socket, Flow flow) throws IOException, InterruptedException {
            List<String> guest = java(
                    flow,
                    NetGuest.class,
                    socket.toString(),
                    "--warm-up=" + flow.warmUp(),
                    "--seconds=" + flow.seconds(),
                    "--packed=" + flow.packed(),
                    "--receive=" + flow.receive());
            Process driver = new ProcessBuilder(guest)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                return result(driver, flow.warmUp() + flow.seconds() + 60L);
            } finally {
                driver.destroyForcibly();
            }
        }

        private static double result(Process driver, long mostSeconds) throws IOException, InterruptedException {
            if (!driver.waitFor(mostSeconds, TimeUnit.SECONDS) || driver.exitValue() != 0) {
                throw new IOException("our driver did not end as it should");
            }
            String output = new String(driver.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Double.parseDouble(output.substring(0, output.indexOf(' ')));
        }
    }

    private static List<String> java(Flow flow, Class<?> main, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        words.addAll(List.of(arguments));
        return flow.command(words);
    }
}
