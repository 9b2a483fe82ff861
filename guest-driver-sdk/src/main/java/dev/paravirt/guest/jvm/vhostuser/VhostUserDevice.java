// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device that another process serves over vhost-user: the front-end's role. It gives a driver all it needs, memory that
 * both processes map among it:
 *
 * <pre>{@code
 * try (VhostUserDevice device = VhostUserDevice.connect(DeviceType.BLOCK, path, FrontEndOptions.DEFAULT)) {
 *     BlockDriver disk = BlockDriver.start(device.transport(), device.platform(), BlockDriverOptions.DEFAULT);
 *     ...
 * }
 * }</pre>
 *
 * <p><b>When the back-end ends</b>, killed or not, another one is waited for at the same path, however long that takes.
 * If both track what is in flight (INFLIGHT_SHMFD), it goes on where the other ended: nothing is lost, and nothing is done
 * twice but what the dead one had done without having said so. The driver does not notice. Otherwise the driver sees a
 * device that was lost, and resets it: at once where it waits for something, and once there is another back-end where it
 * only ever looks. Then it makes again what was under way, by its own rules. It goes on however often that happens. Calls
 * of the driver that wait do so beyond their timeouts while there is no back-end; {@link #close} ends them.
 *
 * <p><b>A back-end that breaks the protocol</b> is treated as if it had ended. It can write into the memory of the device,
 * as any device can, and nowhere else.
 *
 * <p><b>Threads.</b> As the driver says; one thread at a time waits for an interrupt line. One thread of the device's own
 * watches the connection, and sleeps while nothing is said there. Linux only.
 */
public final class VhostUserDevice implements AutoCloseable {
    private final Resources resources = new Resources();
    private final SharedMemory memory;
    private final List<DeviceLine> lines = new ArrayList<>();
    private final Link link;
    private final VhostUserTransport transport;
    private final JvmPlatform platform;
    private boolean closed;

    /**
     * Connects to the back-end that listens at a path.
     *
     * @param deviceType see {@link DeviceType}: the protocol has no way to ask
     * @throws IOException if nobody listens there, or it is no back-end
     */
    public static VhostUserDevice connect(int deviceType, Path path, FrontEndOptions options) throws IOException {
        UnixSocket socket;
        try {
            socket = UnixSocket.connect(path);
        } catch (LinuxException failure) {
            throw new IOException(
                    "no vhost-user back-end at " + path + ": " + failure.getMessage() + "; start it first", failure);
        }
        return new VhostUserDevice(deviceType, path, socket, options);
    }

    /**
     * Takes over a connection that was made elsewhere, such as an inherited descriptor. If it is lost, the device is lost.
     *
     * @param descriptor number of a connected unix socket, closed with the device, or if this fails
     */
    public static VhostUserDevice adopt(int deviceType, int descriptor, FrontEndOptions options) throws IOException {
        UnixSocket socket = UnixSocket.adopt(FileDescriptor.adopt(descriptor));
        return new VhostUserDevice(deviceType, null, socket, options);
    }

    private VhostUserDevice(int deviceType, @Nullable Path path, UnixSocket socket, FrontEndOptions options)
            throws IOException {
        String name = DeviceType.describe(deviceType) + " at " + (path == null ? socket.descriptor() : path);
        try {
            resources.add(socket);
            memory = resources.add(new SharedMemory(options.memory()));
            for (int line = 0; line < options.lines(); line++) {
                lines.add(resources.add(new DeviceLine(line)));
            }
            link = resources.add(new Link(name, path, options.patienceNanos()));
            link.open(socket);
            transport = resources.add(new VhostUserTransport(link, memory, lines, deviceType, options));
            platform = JvmPlatform.of(memory.guestMemory(), new Waiting());
            link.start(transport);
        } catch (IOException failure) {
            resources.close();
            throw new IOException(name + ": " + failure.getMessage(), failure);
        } catch (RuntimeException failure) {
            resources.close();
            throw failure;
        }
    }

    /** How drivers wait here: for a line, by a clock that stands still while there is no back-end. */
    private final class Waiting implements JvmPlatform.Wait {
        @Override
        public int waitFor(int line, long timeoutNanos) {
            return lines.get(line).await(timeoutNanos);
        }

        @Override
        public long nanoTime() {
            return link.time().nanoTime();
        }

        @Override
        public void relax() {
            link.relax();
        }
    }

    /** What a driver reaches the device by. */
    public Transport transport() {
        return transport;
    }

    /** What a driver stands on. Memory for its requests comes from here too. */
    public JvmPlatform platform() {
        return platform;
    }

    /** How often the back-end was lost. */
    public long losses() {
        return link.losses();
    }

    /**
     * Leaves the back-end and gives the memory back. Whoever waits for the device stops waiting, and whoever uses its
     * memory afterwards gets an IllegalStateException.
     */
    @Override
    public void close() {
        synchronized (lines) {
            if (closed) {
                return;
            }
            closed = true;
        }
        link.beginClose();
        resources.close();
    }
}
