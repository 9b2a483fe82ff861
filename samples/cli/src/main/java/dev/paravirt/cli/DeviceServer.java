// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.linux.FileDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * What the commands that serve a device have in common: the options of "Backend program conventions" in QEMU's
 * documentation, and an end at which requests in flight are finished.
 */
final class DeviceServer {
    private static final int BROKE_DOWN = 1;
    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    /** Makes the device that is to be served. */
    @FunctionalInterface
    interface DeviceFactory {
        /** @throws IllegalArgumentException with a message for the user, if the command line makes no sense */
        VirtioDevice open() throws IOException;
    }

    /** Where the front-end is. */
    static final class Where {
        @Option(
                names = "--socket-path",
                paramLabel = "PATH",
                description = "Listen at this unix socket; only this user may connect.")
        private @Nullable Path path;

        @Option(
                names = "--connect",
                paramLabel = "PATH",
                description = "Connect to a front-end that listens at this unix socket, and again when it is back.")
        private @Nullable Path connect;

        @Option(
                names = "--fd",
                paramLabel = "N",
                description = "Use the socket that was inherited as descriptor N: connected, or listening.")
        private @Nullable Integer descriptor;
    }

    @Spec(Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @ArgGroup(multiplicity = "0..1")
    private @Nullable Where where;

    @Option(
            names = "--print-capabilities",
            description = "Say in JSON what this program can do, for management software; do nothing else.")
    private boolean printCapabilities;

    /**
     * Serves a device until the process is told to end.
     *
     * @param capabilities what to print if that is asked for
     * @param what to call the device in messages
     * @param workers the most threads for its queues
     * @return exit status
     */
    int run(String capabilities, String what, int workers, DeviceFactory factory) throws InterruptedException {
        if (printCapabilities) {
            spec.commandLine().getOut().println(capabilities);
            spec.commandLine().getOut().flush();
            return 0;
        }
        Where place = where;
        if (place == null) {
            throw usage("one of --socket-path, --connect and --fd is needed: where is the front-end?");
        }
        try (VhostUserServer server =
                open(place, factory, new VhostUserOptions(VhostUserOptions.FEATURES, workers, false))) {
            Thread end = Thread.ofPlatform().unstarted(server::close);
            Runtime.getRuntime().addShutdownHook(end);
            say("serving " + what + " " + describe(place));
            boolean ended = server.awaitEnd(FOR_EVER);
            say(ended ? "no more front-ends will come" : "enough for a lifetime");
            return 0;
        } catch (IllegalArgumentException unusable) {
            throw usage(unusable.getMessage());
        } catch (IOException failure) {
            // The messages of file system exceptions are often no more than a path.
            say(failure.getClass() == IOException.class ? failure.getMessage() : failure.toString());
            return BROKE_DOWN;
        }
    }

    ParameterException usage(@Nullable String message) {
        return new ParameterException(spec.commandLine(), "paravirt " + spec.name() + ": " + message);
    }

    void say(@Nullable String message) {
        spec.commandLine().getErr().println("paravirt " + spec.name() + ": " + message);
        spec.commandLine().getErr().flush();
    }

    private static String describe(Where place) {
        if (place.path != null) {
            return "at " + place.path;
        }
        return place.connect != null ? "to " + place.connect : "on descriptor " + place.descriptor;
    }

    private static VhostUserServer open(Where place, DeviceFactory factory, VhostUserOptions options)
            throws IOException {
        VirtioDevice device = factory.open();
        if (place.path != null) {
            return VhostUserServer.listen(place.path, device, options);
        }
        if (place.connect != null) {
            return VhostUserServer.connect(place.connect, device, options);
        }
        Integer number = place.descriptor;
        if (number == null || number < 0) {
            device.close();
            throw new IllegalArgumentException("--fd takes the number of a descriptor");
        }
        return VhostUserServer.serve(FileDescriptor.adopt(number), device, options);
    }
}
