// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.ConfigSnapshot;
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

/**
 * A device that a vhost-user back-end serves. A connection that is lost shows as DEVICE_NEEDS_RESET, and {@link #reset}
 * waits for the next one: so a driver that starts a failed device over also survives the death of a back-end.
 */
final class VhostUserTransport implements Transport {
    private static final FeatureBits VHOST_FEATURES =
            FeatureBits.of(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES, ProtocolFeatures.VHOST_F_LOG_ALL);

    private final Link link;
    private final SharedMemory memory;
    private final List<DeviceLine> lines;
    private final int deviceType;
    private final FrontEndOptions options;
    private final Eventfd error;
    private final List<FrontEndRing> rings = new ArrayList<>();
    private FrontEndConfig config;
    private Eventfd[] kicks = new Eventfd[0];
    private FeatureBits accepted = FeatureBits.NONE;
    private boolean memoryShared;
    private int status;

    VhostUserTransport(Link link, SharedMemory memory, List<DeviceLine> lines, int deviceType, FrontEndOptions options)
            throws IOException {
        this.link = link;
        this.memory = memory;
        this.lines = lines;
        this.deviceType = deviceType;
        this.options = options;
        this.config = FrontEndConfig.of(link.connection(), deviceType, options.mac());
        this.error = Eventfd.create();
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
            if (link.lost()) {
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
                boolean starts = (value & ~status & DeviceStatus.DRIVER_OK) != 0;
                status = value;
                if (starts && connection.hasProtocolFeatures()) {
                    for (FrontEndRing ring : rings) {
                        ring.enable(connection);
                    }
                }
                if (connection.has(ProtocolFeatures.STATUS)) {
                    connection.tell(FrontEndRequest.SET_STATUS, Message.payloadOf(value));
                }
            } catch (IOException failure) {
                throw link.lose(failure);
            }
        }
    }

    /** Waits for a back-end for as long as it takes; only its answers have to come in time. */
    @Override
    public void reset(long timeoutNanos) throws DeviceException {
        synchronized (link) {
            if (!stopped()) {
                BackEndConnection connection = link.reconnect();
                memoryShared = false;
                config = FrontEndConfig.of(connection, deviceType, options.mac());
            }
            rings.clear();
            accepted = FeatureBits.NONE;
            status = DeviceStatus.RESET;
        }
    }

    /** Returns whether there is a back-end that has stopped using memory. */
    private boolean stopped() throws DeviceException {
        if (link.lost()) {
            return false;
        }
        BackEndConnection connection = link.connection();
        try {
            for (FrontEndRing ring : rings) {
                connection.stop(ring.index());
            }
            if (connection.has(ProtocolFeatures.STATUS)) {
                connection.tell(FrontEndRequest.SET_STATUS, Message.payloadOf(DeviceStatus.RESET));
            } else if (connection.has(ProtocolFeatures.RESET_DEVICE)) {
                connection.tell(FrontEndRequest.RESET_DEVICE, Message.payload(0));
            }
            return true;
        } catch (IOException failure) {
            link.lose(failure);
            return false;
        }
    }

    @Override
    public boolean negotiate(FeatureBits features, int value) throws DeviceException {
        synchronized (link) {
            BackEndConnection connection = link.connection();
            FeatureBits vhost = connection.hasProtocolFeatures()
                    ? FeatureBits.of(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES)
                    : FeatureBits.NONE;
            try {
                FeatureBits told = config.toldToBackEnd(features).or(vhost);
                connection.tell(FrontEndRequest.SET_FEATURES, Message.payloadOf(told.low()));
                if (!memoryShared) {
                    connection.tell(FrontEndRequest.SET_MEM_TABLE, memory.table(), memory.descriptor());
                    memoryShared = true;
                }
                setStatus(value | DeviceStatus.FEATURES_OK);
                accepted = features;
                return !connection.has(ProtocolFeatures.STATUS)
                        || (connection.askLong(FrontEndRequest.GET_STATUS) & DeviceStatus.FEATURES_OK) != 0;
            } catch (IOException failure) {
                throw link.lose(failure);
            }
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
            BackEndConnection connection = link.connection();
            try {
                FrontEndRing ring = new FrontEndRing(
                        queue, lines.get(line), kick(queue.index()), accepted.has(Features.RING_PACKED));
                ring.start(connection, error.descriptor());
                rings.add(ring);
            } catch (IOException failure) {
                throw link.lose(failure);
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
        link.configurationLine(line);
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

    /** Closes what is this object's own. */
    void close() {
        error.close();
        for (Eventfd kick : kicks) {
            kick.close();
        }
    }
}
