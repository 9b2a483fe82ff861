// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.MovableDevice;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleFeatures;
import dev.paravirt.spec.console.ConsoleQueues;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A console with many ports, which come and go while the guest runs (VIRTIO 1.4, "Multiport Device Operation"). Each has an
 * end, may have a name that the guest finds it by, and may be a console for people or a channel for programs. The guest
 * learns whether somebody is at the end, as {@link ConsoleLine#hostOpen} says.
 *
 * <p>A driver without MULTIPORT has port 0 alone. A message of the driver that makes no sense is dropped and counted. Ports
 * are added and removed by any thread.
 */
public final class MultiportConsoleDevice implements MovableDevice {
    /** The most ports that a device can have. */
    public static final int MOST_PORTS = 64;

    /** The longest name of a port, in bytes of UTF-8. */
    public static final int LONGEST_NAME = 100;

    private static final Logger LOG = LoggerFactory.getLogger(MultiportConsoleDevice.class);
    private static final int QUEUE_SIZE = 128;
    private static final FeatureBits FEATURES =
            FeatureBits.of(ConsoleFeatures.SIZE, ConsoleFeatures.MULTIPORT, ConsoleFeatures.EMERG_WRITE);

    private final PortSlot[] slots;
    private final ConsoleConfiguration configuration;
    private volatile @Nullable DeviceHost host;

    // Guarded by this, as most of the slots is.
    private boolean multiport;
    private boolean singlePort;
    private boolean driverReady;
    private boolean closed;
    private long ignored;
    private long dropped;
    private @Nullable QueueContext control;

    // The control queue's worker's own.
    private final byte[] message = new byte[ConsoleControl.SIZE + LONGEST_NAME];
    private boolean starved;

    /** @param maxPorts the most that there can be at a time, 1 to {@link #MOST_PORTS} */
    public MultiportConsoleDevice(int maxPorts) {
        if (maxPorts < 1 || maxPorts > MOST_PORTS) {
            throw new IllegalArgumentException("a console has 1 to " + MOST_PORTS + " ports: " + maxPorts);
        }
        configuration = new ConsoleConfiguration(maxPorts);
        slots = new PortSlot[maxPorts];
        for (int number = 0; number < maxPorts; number++) {
            slots[number] = new PortSlot(number);
        }
    }

    // Ports.

    /**
     * Adds a port that people talk to the guest through.
     *
     * @param end belongs to the device, which closes it
     * @param name what the guest calls the port, at most {@link #LONGEST_NAME} bytes and printable, as some guest shows it to
     *     somebody; "" for none
     * @return its number, the lowest that is free
     * @throws IllegalStateException if all numbers are taken, or the device is closed
     */
    public int addConsole(ConsoleEnd end, String name) {
        return add(end, name, true);
    }

    /** Adds a port that programs talk through; as {@link #addConsole}. */
    public int addPort(ConsoleEnd end, String name) {
        return add(end, name, false);
    }

    private int add(ConsoleEnd end, String name, boolean console) {
        if (!Printable.isSafe(name) || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            throw new IllegalArgumentException("a port's name is printable and at most " + LONGEST_NAME
                    + " bytes of UTF-8: \"" + Printable.of(name) + "\"");
        }
        int number;
        ConsolePort port;
        boolean running;
        synchronized (this) {
            number = freeNumber();
            EndsNews news = new EndsNews(slots[number]);
            port = new ConsolePort(end, news);
            news.port = port;
            slots[number].fill(port, name, console, driverReady);
            port.guestOpen(singlePort && number == 0);
            running = host != null;
        }
        if (running) {
            port.attach();
        }
        wakeControl();
        return number;
    }

    private int freeNumber() {
        for (int number = 0; number < slots.length && !closed; number++) {
            if (slots[number].isFree()) {
                return number;
            }
        }
        throw new IllegalStateException(closed ? "the console is closed" : "all " + slots.length + " ports are taken");
    }

    /**
     * Removes a port and closes its end, which may take some seconds. What the end has not taken of the guest's output is
     * lost.
     *
     * @throws IllegalArgumentException if there is no such port
     */
    public void removePort(int number) {
        ConsolePort port;
        synchronized (this) {
            port = number >= 0 && number < slots.length ? slots[number].port() : null;
            if (port == null) {
                throw new IllegalArgumentException("there is no port " + number);
            }
            slots[number].empty();
            port.remove();
        }
        wakeControl();
        port.close();
    }

    /** Bytes that the end of a port has taken from the guest; 0 if there is no such port. */
    public long sent(int number) {
        ConsolePort port = port(number);
        return port == null ? 0 : port.sent();
    }

    /** Bytes that the guest has taken from the end of a port; 0 if there is no such port. */
    public long received(int number) {
        ConsolePort port = port(number);
        return port == null ? 0 : port.received();
    }

    /** Control messages of the driver that made no sense. */
    public synchronized long ignored() {
        return ignored;
    }

    /** Emergency characters that were dropped for want of a port 0. */
    public synchronized long dropped() {
        return dropped;
    }

    private @Nullable ConsolePort port(int number) {
        return number >= 0 && number < slots.length ? slots[number].port() : null;
    }

    /** What an end says. Of a port that is gone meanwhile it means nothing. */
    private final class EndsNews implements ConsolePort.Listener {
        private final PortSlot slot;
        private volatile @Nullable ConsolePort port;

        EndsNews(PortSlot slot) {
            this.slot = slot;
        }

        @Override
        public void resized(int newColumns, int newRows) {
            ConsoleConfiguration.checkSize(newColumns, newRows);
            boolean first;
            synchronized (MultiportConsoleDevice.this) {
                if (slot.port() != port) {
                    return;
                }
                slot.resized(newColumns, newRows);
                first = slot == slots[0];
            }
            DeviceHost attached = host;
            if (first && attached != null) {
                attached.changeConfiguration(() -> configuration.resize(newColumns, newRows));
            }
            wakeControl();
        }

        @Override
        public void hostOpen(boolean open) {
            synchronized (MultiportConsoleDevice.this) {
                if (slot.port() != port) {
                    return;
                }
                slot.hostOpen(open);
            }
            wakeControl();
        }
    }

    // Control calls.

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
        return ConsoleQueues.count(slots.length);
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
        if (!ConsoleConfiguration.isEmergency(offset, length)) {
            return;
        }
        ConsolePort first = port(0);
        if (first != null) {
            first.emergency(ConsoleConfiguration.emergency(offset, source, start));
        } else {
            synchronized (this) {
                dropped++;
            }
        }
    }

    @Override
    public synchronized void negotiated(FeatureBits driverFeatures) {
        multiport = driverFeatures.has(ConsoleFeatures.MULTIPORT);
        singlePort = !multiport;
        ConsolePort first = slots[0].port();
        if (singlePort && first != null) {
            first.guestOpen(true);
        }
    }

    @Override
    public void attach(DeviceHost newHost) {
        List<ConsolePort> early = new ArrayList<>();
        synchronized (this) {
            host = newHost;
            for (PortSlot slot : slots) {
                ConsolePort port = slot.port();
                if (port != null) {
                    early.add(port);
                }
            }
        }
        early.forEach(ConsolePort::attach);
    }

    @Override
    public synchronized void reset() {
        multiport = false;
        singlePort = false;
        driverReady = false;
        control = null;
        for (PortSlot slot : slots) {
            slot.reset();
            ConsolePort port = slot.port();
            if (port != null) {
                port.reset();
            }
        }
    }

    @Override
    public synchronized void saveState(DataOutput state) throws IOException {
        PortsState.save(driverReady, slots, state);
    }

    @Override
    public Runnable loadState(FeatureBits driverFeatures, DataInput state) throws IOException {
        PortsState loaded = PortsState.load(state, slots.length);
        return () -> takeOver(loaded);
    }

    private synchronized void takeOver(PortsState loaded) {
        driverReady = loaded.driverReady();
        for (PortSlot slot : slots) {
            slot.takeOver(loaded, multiport);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        for (int number = 0; number < slots.length; number++) {
            ConsolePort port = port(number);
            if (port != null) {
                port.close();
            }
        }
    }

    // Queues.

    @Override
    public void enabled(int queue, boolean on) {
        outputPaused(queue, false);
    }

    @Override
    public void paused(int queue) {
        outputPaused(queue, true);
    }

    private void outputPaused(int queue, boolean paused) {
        ConsolePort port = ConsoleQueues.isReceive(queue) ? null : port(ConsoleQueues.port(queue));
        if (port != null) {
            port.outputPaused(paused);
        }
    }

    @Override
    public boolean takesRequests(int queue) {
        return ConsoleQueues.isReceive(queue);
    }

    @Override
    public boolean serve(int queue, QueueContext context) {
        if (queue == ConsoleQueues.CONTROL_RECEIVE) {
            return sendMessages(context);
        }
        return slots[ConsoleQueues.port(queue)].serveInput(context);
    }

    @Override
    public boolean isReady(int queue) {
        if (queue == ConsoleQueues.CONTROL_RECEIVE) {
            return !starved && hasMessages();
        }
        ConsolePort port = port(ConsoleQueues.port(queue));
        return port != null && port.isInputReady();
    }

    @Override
    public boolean awaitsRequests(int queue) {
        if (queue == ConsoleQueues.CONTROL_RECEIVE) {
            return starved;
        }
        ConsolePort port = port(ConsoleQueues.port(queue));
        return port != null && port.awaitsBuffers();
    }

    private synchronized boolean hasMessages() {
        for (PortSlot slot : slots) {
            if (slot.hasMessage()) {
                return true;
            }
        }
        return false;
    }

    private synchronized boolean sendMessages(QueueContext context) {
        control = context;
        starved = false;
        boolean worked = false;
        for (PortSlot slot : slots) {
            while (slot.hasMessage()) {
                DescriptorChain chain = context.take();
                if (chain == null) {
                    starved = true;
                    return worked;
                }
                send(slot, chain, context);
                worked = true;
            }
        }
        return worked;
    }

    private void send(PortSlot slot, DescriptorChain chain, QueueContext context) {
        int length = 0;
        try {
            length = slot.writeNext(chain, message);
        } finally {
            // What cannot be written brings a reset about, which would wait for the buffer.
            context.push(chain, length);
        }
    }

    private void wakeControl() {
        QueueContext context;
        synchronized (this) {
            context = control;
        }
        if (context != null) {
            context.wake();
        }
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        if (queue == ConsoleQueues.CONTROL_TRANSMIT) {
            if (chain.readableLength() == 0 || chain.writableLength() > 0) {
                throw new VirtqueueException("a control message that the device can write, or cannot read");
            }
            hear(chain);
            context.push(chain, 0);
            wakeControl();
            return;
        }
        ConsolePort port = port(ConsoleQueues.port(queue));
        if (port == null) {
            context.push(chain, 0);
        } else {
            port.addFull(chain, context);
        }
    }

    private synchronized void hear(DescriptorChain chain) {
        boolean sense = false;
        if (multiport && chain.readableLength() >= ConsoleControl.SIZE) {
            int id = chain.readInt(ConsoleControl.ID);
            int event = chain.readShort(ConsoleControl.EVENT);
            int value = chain.readShort(ConsoleControl.VALUE);
            sense = event == ConsoleControl.DEVICE_READY ? deviceReady(value) : hear(id, event, value);
            if (!sense) {
                LOG.debug(
                        "a control message is ignored: {} {} of port {}",
                        ConsoleControl.describeEvent(event),
                        value,
                        id);
            }
        }
        ignored += sense ? 0 : 1;
    }

    private boolean deviceReady(int value) {
        if (value != 1 || driverReady) {
            return false;
        }
        driverReady = true;
        for (PortSlot slot : slots) {
            slot.driverReady();
        }
        return true;
    }

    private boolean hear(int id, int event, int value) {
        if (id < 0 || id >= slots.length) {
            return false;
        }
        PortSlot slot = slots[id];
        ConsolePort port = slot.port();
        return switch (event) {
            case ConsoleControl.PORT_READY -> value == 1 && slot.portReady();
            case ConsoleControl.PORT_OPEN -> {
                boolean known = port != null && slot.isReady() && value <= 1;
                if (port != null && known) {
                    port.guestOpen(value == 1);
                }
                yield known;
            }
            default -> false;
        };
    }

    @Override
    public void quiesce(int queue, QueueContext context) {
        if (queue == ConsoleQueues.CONTROL_RECEIVE) {
            starved = false;
        } else if (ConsoleQueues.isReceive(queue)) {
            slots[ConsoleQueues.port(queue)].quiesceInput();
        } else {
            ConsolePort port = port(ConsoleQueues.port(queue));
            if (port != null) {
                port.releaseOutput(context);
            }
        }
    }
}
