// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.MovableDevice;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleFeatures;
import dev.paravirt.spec.console.ConsoleQueues;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A console with one port (VIRTIO 1.4, "Console Device"): what the guest says goes to a {@link ConsoleEnd}, and what
 * comes from there goes to the guest. With SIZE, and with EMERG_WRITE, by which a guest can speak before it has queues.
 *
 * <p>An end that takes nothing for a while holds up the guest's output and no worker; buffers wait for it in the ring.
 */
public final class ConsoleDevice implements MovableDevice {
    /** What a state begins with. */
    static final int ONE_PORT = 1;

    private static final int QUEUES = 2;

    /** What User-Mode Linux asks for: a front-end of vhost-user cannot know how much there is. */
    private static final int QUEUE_SIZE = 256;

    private static final FeatureBits FEATURES = FeatureBits.of(ConsoleFeatures.SIZE, ConsoleFeatures.EMERG_WRITE);

    private final ConsolePort port;
    private final ConsoleConfiguration configuration = new ConsoleConfiguration(1);
    private volatile @Nullable DeviceHost host;

    /**
     * A console as large as its end says; without a size if that is no terminal.
     *
     * @param end belongs to the device, which closes it
     */
    public ConsoleDevice(ConsoleEnd end) {
        this(end, 0, 0);
    }

    /**
     * @param end belongs to the device, which closes it
     * @param columns of the terminal, in characters, 0 to 65535; 0 if it has no size
     * @param rows as {@code columns}
     */
    public ConsoleDevice(ConsoleEnd end, int columns, int rows) {
        ConsoleConfiguration.checkSize(columns, rows);
        this.port = new ConsolePort(end, new EndsNews());
        configuration.resize(columns, rows);
    }

    private final class EndsNews implements ConsolePort.Listener {
        @Override
        public void resized(int newColumns, int newRows) {
            resize(newColumns, newRows);
        }

        /** A single port has no way of telling the guest. */
        @Override
        public void hostOpen(boolean open) {}
    }

    @Override
    public int deviceType() {
        return DeviceType.CONSOLE;
    }

    @Override
    public FeatureBits features() {
        return FEATURES;
    }

    @Override
    public int queueCount() {
        return QUEUES;
    }

    @Override
    public int maxQueueSize(int queue) {
        return QUEUE_SIZE;
    }

    @Override
    public int configSize() {
        return ConsoleConfig.SIZE;
    }

    @Override
    public void readConfig(int offset, byte[] destination, int start, int length) {
        configuration.read(offset, destination, start, length);
    }

    @Override
    public void writeConfig(int offset, byte[] source, int start, int length) {
        if (ConsoleConfiguration.isEmergency(offset, length)) {
            port.emergency(ConsoleConfiguration.emergency(offset, source, start));
        }
    }

    @Override
    public void negotiated(FeatureBits driverFeatures) {
        port.guestOpen(true);
    }

    @Override
    public void attach(DeviceHost newHost) {
        host = newHost;
        port.attach();
    }

    /**
     * The terminal has another size now: tells the driver. From any thread.
     *
     * @param newColumns characters, 0 to 65535
     * @param newRows characters, 0 to 65535
     */
    public void resize(int newColumns, int newRows) {
        ConsoleConfiguration.checkSize(newColumns, newRows);
        Runnable change = () -> configuration.resize(newColumns, newRows);
        DeviceHost attached = host;
        if (attached == null) {
            change.run();
        } else {
            attached.changeConfiguration(change);
        }
    }

    /** Bytes that the end has taken from the guest. */
    public long sent() {
        return port.sent();
    }

    /** Bytes that the guest has taken from the end. */
    public long received() {
        return port.received();
    }

    /** Emergency characters that were dropped: the end took none for so long that a thousand were waiting. */
    public long dropped() {
        return port.dropped();
    }

    @Override
    public void enabled(int queue, boolean on) {
        if (queue == ConsoleQueues.TRANSMIT) {
            port.outputPaused(false);
        }
    }

    @Override
    public void paused(int queue) {
        if (queue == ConsoleQueues.TRANSMIT) {
            port.outputPaused(true);
        }
    }

    @Override
    public boolean takesRequests(int queue) {
        return queue == ConsoleQueues.RECEIVE;
    }

    @Override
    public boolean serve(int queue, QueueContext context) {
        return port.serveInput(context);
    }

    @Override
    public boolean isReady(int queue) {
        return port.isInputReady();
    }

    @Override
    public boolean awaitsRequests(int queue) {
        return port.awaitsBuffers();
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        port.addFull(chain, context);
    }

    @Override
    public void quiesce(int queue, QueueContext context) {
        if (queue == ConsoleQueues.RECEIVE) {
            port.inputQueue(null);
        } else {
            port.releaseOutput(context);
        }
    }

    @Override
    public void reset() {
        port.reset();
    }

    @Override
    public void saveState(DataOutput state) throws IOException {
        state.writeInt(ONE_PORT);
        port.save(state);
    }

    @Override
    public Runnable loadState(FeatureBits driverFeatures, DataInput state) throws IOException {
        if (state.readInt() != ONE_PORT) {
            throw new IOException("its console has many ports");
        }
        ConsolePort.State loaded = ConsolePort.State.load(state);
        return () -> port.takeOver(loaded);
    }

    @Override
    public void close() {
        port.close();
    }
}
