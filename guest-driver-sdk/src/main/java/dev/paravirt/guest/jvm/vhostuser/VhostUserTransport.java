// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device that a vhost-user back-end serves. When a connection is lost, the back-end of the next one goes on with the
 * same rings if it can know what was in flight. Otherwise the loss shows as DEVICE_NEEDS_RESET, and {@link #reset} waits
 * for the next back-end: so a driver that starts a failed device over also survives that.
 */
final class VhostUserTransport implements Transport, Link.User, AutoCloseable {
    private static final FeatureBits VHOST_FEATURES =
            FeatureBits.of(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES, ProtocolFeatures.VHOST_F_LOG_ALL);

    private final Link link;
    private final SharedMemory memory;
    private final List<DeviceLine> lines;
    private final int deviceType;
    private final FrontEndOptions options;
    private final List<FrontEndRing> rings = new ArrayList<>();
    private FrontEndConfig config;
    private Eventfd[] kicks = new Eventfd[0];
    private FeatureBits accepted = FeatureBits.NONE;

    /** The connection whose back-end knows the memory. */
    private @Nullable BackEndConnection knowing;

    private int status;
    private int configurationLine;
    private @Nullable InflightMemory inflight;

    VhostUserTransport(Link link, SharedMemory memory, List<DeviceLine> lines, int deviceType, FrontEndOptions options)
            throws IOException {
        this.link = link;
        this.memory = memory;
        this.lines = lines;
        this.deviceType = deviceType;
        this.options = options;
        this.config = FrontEndConfig.of(link.connection(), deviceType, options.mac());
    }

    @Override
    public String name() {
        return link.name();
    }

    @Override
    public int deviceType() {
        return deviceType;
    }

    @Override
    public FeatureBits deviceFeatures() {
        return config.features().minus(VHOST_FEATURES);
    }

    @Override
    public FeatureBits transportFeatures() {
        return Features.VHOST_USER;
    }

    @Override
    public int configSize() {
        return config.size();
    }

    @Override
    public int status() throws DeviceException {
        synchronized (link) {
            if (link.needsReset()) {
                return status | DeviceStatus.DEVICE_NEEDS_RESET;
            }
            BackEndConnection connection = link.connection();
            if (!connection.has(ProtocolFeatures.STATUS)) {
                return status;
            }
            try {
                return status | (int) connection.askLong(FrontEndRequest.GET_STATUS) & DeviceStatus.DEVICE_NEEDS_RESET;
            } catch (IOException failure) {
                throw link.lose(failure);
            }
        }
    }

    @Override
    public void setStatus(int value) throws DeviceException {
        synchronized (link) {
            BackEndConnection connection = link.connection();
            try {
                if ((value & ~status & DeviceStatus.DRIVER_OK) != 0) {
                    inflight = InflightMemory.ask(connection, 1 + lastQueue(), largestQueue());
                    startRings(connection, false);
                }
                tellStatus(connection, value);
                status = value;
            } catch (IOException failure) {
                throw link.lose(failure);
            }
        }
    }

    private static void tellStatus(BackEndConnection connection, int value) throws IOException {
        if (connection.has(ProtocolFeatures.STATUS)) {
            connection.tell(FrontEndRequest.SET_STATUS, Message.payloadOf(value));
        }
    }

    private int lastQueue() {
        return rings.stream().mapToInt(FrontEndRing::index).max().orElse(0);
    }

    private int largestQueue() {
        return rings.stream().mapToInt(FrontEndRing::size).max().orElse(1);
    }

    /** @param resuming whether the rings may have something in them */
    private void startRings(BackEndConnection connection, boolean resuming) throws IOException {
        InflightMemory notes = inflight;
        if (notes != null) {
            notes.give(connection);
        }
        for (FrontEndRing ring : rings) {
            ring.start(connection, resuming, link.error());
        }
        if (connection.hasProtocolFeatures()) {
            for (FrontEndRing ring : rings) {
                ring.enable(connection);
            }
        }
    }

    // A new connection.

    @Override
    public boolean resumable() {
        return inflight != null && (status & DeviceStatus.DRIVER_OK) != 0;
    }

    @Override
    public void resume(BackEndConnection connection) throws IOException {
        FrontEndConfig now = FrontEndConfig.of(connection, deviceType, options.mac());
        boolean same = connection.has(ProtocolFeatures.INFLIGHT_SHMFD)
                && now.features().or(accepted).equals(now.features())
                && now.queues() > lastQueue();
        if (!same) {
            forgetInflight();
            throw new IOException("a back-end with other properties has taken its place");
        }
        config = now;
        tellFeatures(connection, accepted);
        tellStatus(connection, status & ~DeviceStatus.DRIVER_OK);
        startRings(connection, true);
        tellStatus(connection, status);
        for (FrontEndRing ring : rings) {
            ring.ringBoth();
        }
    }

    private void forgetInflight() {
        InflightMemory notes = inflight;
        inflight = null;
        if (notes != null) {
            notes.close();
        }
    }

    @Override
    public void changed() {
        if (link.needsReset()) {
            lines.forEach(line -> line.raise(InterruptStatus.CONFIGURATION_CHANGE));
        } else {
            lines.get(configurationLine).raise(InterruptStatus.CONFIGURATION_CHANGE);
        }
    }

    /** Waits for a back-end for as long as it takes; only its answers have to come in time. */
    @Override
    public void reset(long timeoutNanos) throws DeviceException {
        synchronized (link) {
            BackEndConnection present = link.connectionOrNull();
            if (present != null) {
                stop(present);
            }
            status = DeviceStatus.RESET;
            rings.clear();
            accepted = FeatureBits.NONE;
            forgetInflight();
            config = FrontEndConfig.of(link.awaitConnection(), deviceType, options.mac());
            link.forgetReset();
        }
    }

    /** Afterwards the back-end uses no memory, or is lost. */
    private void stop(BackEndConnection connection) {
        try {
            if (connection == knowing) {
                for (FrontEndRing ring : rings) {
                    connection.stop(ring.index());
                }
            }
            if (connection.has(ProtocolFeatures.STATUS)) {
                tellStatus(connection, DeviceStatus.RESET);
            } else if (connection.has(ProtocolFeatures.RESET_DEVICE)) {
                connection.tell(FrontEndRequest.RESET_DEVICE, Message.payload(0));
            }
        } catch (IOException failure) {
            link.lose(failure);
        }
    }

    @Override
    public boolean negotiate(FeatureBits features, int value) throws DeviceException {
        synchronized (link) {
            BackEndConnection connection = link.connection();
            try {
                tellFeatures(connection, features);
                tellStatus(connection, value | DeviceStatus.FEATURES_OK);
                status = value | DeviceStatus.FEATURES_OK;
                accepted = features;
                return !connection.has(ProtocolFeatures.STATUS)
                        || (connection.askLong(FrontEndRequest.GET_STATUS) & DeviceStatus.FEATURES_OK) != 0;
            } catch (IOException failure) {
                throw link.lose(failure);
            }
        }
    }

    private void tellFeatures(BackEndConnection connection, FeatureBits features) throws IOException {
        FeatureBits vhost = connection.hasProtocolFeatures()
                ? FeatureBits.of(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES)
                : FeatureBits.NONE;
        FeatureBits told = config.toldToBackEnd(features).or(vhost);
        connection.tell(FrontEndRequest.SET_FEATURES, Message.payloadOf(told.low()));
        if (connection != knowing) {
            connection.tell(FrontEndRequest.SET_MEM_TABLE, memory.table(), memory.descriptor());
            knowing = connection;
        }
    }

    @Override
    public void readConfig(ConfigSnapshot snapshot, int length) throws DeviceException {
        synchronized (link) {
            BackEndConnection connection = link.connection();
            try {
                snapshot.load(config.read(connection, length), length);
            } catch (IOException failure) {
                throw link.lose(failure);
            }
        }
    }

    @Override
    public void writeConfig(int offset, int width, int value) throws DeviceException {
        byte[] bytes = new byte[width];
        for (int at = 0; at < width; at++) {
            bytes[at] = (byte) (value >>> Byte.SIZE * at);
        }
        synchronized (link) {
            BackEndConnection connection = link.connection();
            try {
                if (connection.has(ProtocolFeatures.CONFIG)) {
                    connection.setConfig(offset, bytes);
                }
            } catch (IOException failure) {
                throw link.lose(failure);
            }
        }
    }

    @Override
    public int queueMaxSize(int queue) throws DeviceException {
        return queue < config.queues() && queue <= Payload.VRING_INDEX_MASK ? options.queueSize() : 0;
    }

    @Override
    public void setUpQueue(DriverVirtqueue queue, int line) throws DeviceException {
        synchronized (link) {
            try {
                rings.add(new FrontEndRing(queue, lines.get(line), kick(queue.index()), accepted, memory));
            } catch (LinuxException failure) {
                throw new DeviceException("queue " + queue.index() + " of " + name() + ": " + failure.getMessage());
            }
        }
    }

    private Eventfd kick(int queue) throws LinuxException {
        if (queue >= kicks.length) {
            Eventfd[] more = new Eventfd[queue + 1];
            System.arraycopy(kicks, 0, more, 0, kicks.length);
            for (int index = kicks.length; index < more.length; index++) {
                more[index] = Eventfd.create();
            }
            kicks = more;
        }
        return kicks[queue];
    }

    @Override
    public void setConfigurationLine(int line) {
        synchronized (link) {
            configurationLine = line;
        }
    }

    @Override
    public void resetQueue(int queue, long timeoutNanos) throws DeviceException {
        throw new DeviceException(name() + " has no way to reset one queue: vhost-user has no message for it");
    }

    @Override
    public void notify(DriverVirtqueue queue) {
        try {
            kicks[queue.index()].signal();
        } catch (LinuxException failure) {
            throw new IllegalStateException("notification of queue " + queue.index() + " of " + name(), failure);
        }
    }

    @Override
    public int takeInterrupt(int reasons) {
        return reasons & InterruptStatus.ALL;
    }

    @Override
    public Loss loss() {
        return link.loss();
    }

    @Override
    public void close() {
        forgetInflight();
        for (Eventfd kick : kicks) {
            kick.close();
        }
    }
}
