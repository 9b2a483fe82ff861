// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static java.util.Objects.requireNonNull;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleQueues;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Transport and multiport console in one: says what the test says, and echoes what is written to its ports. */
final class FakeMultiportConsole implements Transport {
    private static final int PORTS = 3;

    final List<String> heard = new ArrayList<>();
    private final FakeMachine machine;
    private final GuestMemory memory;
    private final @Nullable DeviceVirtqueue[] queues = new @Nullable DeviceVirtqueue[ConsoleQueues.count(PORTS)];
    private final @Nullable DriverVirtqueue[] rings = new @Nullable DriverVirtqueue[queues.length];
    private final byte[] echo = new byte[65536];
    FeatureBits offered = MultiportConsoleDriverOptions.ALL_FEATURES.with(Features.VERSION_1);
    private FeatureBits accepted = FeatureBits.NONE;
    int maxPorts = PORTS;
    int queueMaxSize = 8;
    int status;
    Loss loss = Loss.NONE;
    boolean notes = true;

    private boolean serving;

    FakeMultiportConsole(FakeMachine machine) {
        this.machine = machine;
        this.memory = machine.memory;
    }

    DriverVirtqueue ring(int queue) {
        return requireNonNull(rings[queue]);
    }

    /** Hears control messages, and echoes what the ports say. */
    void serve() {
        hear();
        for (int port = 0; port < PORTS; port++) {
            echo(port);
        }
    }

    private void hear() {
        DeviceVirtqueue queue = queues[ConsoleQueues.CONTROL_TRANSMIT];
        for (DescriptorChain chain = poll(queue); chain != null; chain = poll(queue)) {
            if (notes) {
                heard.add(ConsoleControl.describeEvent(chain.readShort(ConsoleControl.EVENT)) + " "
                        + chain.readInt(ConsoleControl.ID) + " " + chain.readShort(ConsoleControl.VALUE));
            }
            requireNonNull(queue).push(chain, 0);
        }
        publish(queue);
    }

    private void echo(int port) {
        DeviceVirtqueue in = queues[ConsoleQueues.transmit(port)];
        DeviceVirtqueue out = queues[ConsoleQueues.receive(port)];
        for (DescriptorChain chain = poll(in); chain != null; chain = poll(in)) {
            int length = (int) chain.readableLength();
            chain.read(0, echo, 0, length);
            requireNonNull(in).push(chain, 0);
            DescriptorChain answer = poll(out);
            if (answer != null) {
                answer.write(0, echo, 0, length);
                requireNonNull(out).push(answer, length);
            }
        }
        publish(in);
        publish(out);
    }

    private static @Nullable DescriptorChain poll(@Nullable DeviceVirtqueue queue) {
        return queue == null ? null : queue.poll();
    }

    private void publish(@Nullable DeviceVirtqueue queue) {
        if (queue != null && queue.publish()) {
            machine.raise(0, InterruptStatus.USED_BUFFER);
        }
    }

    /** Sends a control message with more behind it. */
    void say(int id, int event, int value, byte... more) {
        byte[] message = new byte[ConsoleControl.SIZE + more.length];
        for (int i = 0; i < 4; i++) {
            message[ConsoleControl.ID + i] = (byte) (id >>> 8 * i);
        }
        message[ConsoleControl.EVENT] = (byte) event;
        message[ConsoleControl.EVENT + 1] = (byte) (event >>> 8);
        message[ConsoleControl.VALUE] = (byte) value;
        System.arraycopy(more, 0, message, ConsoleControl.SIZE, more.length);
        say(message);
    }

    void say(byte[] message) {
        DeviceVirtqueue queue = queues[ConsoleQueues.CONTROL_RECEIVE];
        DescriptorChain chain = requireNonNull(poll(queue));
        chain.write(0, message, 0, message.length);
        requireNonNull(queue).push(chain, message.length);
        publish(queue);
    }

    @Override
    public String name() {
        return "console 0";
    }

    @Override
    public int deviceType() {
        return DeviceType.CONSOLE;
    }

    @Override
    public FeatureBits deviceFeatures() {
        return offered;
    }

    @Override
    public FeatureBits transportFeatures() {
        return VirtqueueFormat.FEATURES.with(Features.VERSION_1);
    }

    @Override
    public int configSize() {
        return ConsoleConfig.SIZE;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void setStatus(int value) {
        status = value;
    }

    @Override
    public void reset(long timeoutNanos) {
        status = 0;
        Arrays.fill(queues, null);
        loss = Loss.NONE;
    }

    @Override
    public Loss loss() {
        return loss;
    }

    @Override
    public boolean negotiate(FeatureBits features, int before) {
        accepted = features;
        status = before | DeviceStatus.FEATURES_OK;
        return true;
    }

    @Override
    public void readConfig(ConfigSnapshot snapshot, int length) throws DeviceException {
        MmioTransport.open(new ConfigRegisters(), machine, "slot 0").readConfig(snapshot, length);
    }

    /** Just enough of a device to read its configuration. */
    private final class ConfigRegisters implements RegisterGate {
        @Override
        public int read(int offset, int width) {
            return switch (offset) {
                case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
                case MmioRegisters.VERSION -> MmioRegisters.VERSION_2;
                case MmioRegisters.DEVICE_ID -> DeviceType.CONSOLE;
                case MmioRegisters.CONFIG + ConsoleConfig.MAX_NR_PORTS -> maxPorts;
                default -> 0;
            };
        }

        @Override
        public void write(int offset, int width, int value) {}
    }

    @Override
    public void writeConfig(int offset, int width, int value) {
        heard.add("write " + offset + " " + width + " " + value);
    }

    @Override
    public int queueMaxSize(int queue) {
        return queue < queues.length ? queueMaxSize : 0;
    }

    @Override
    public void setUpQueue(DriverVirtqueue queue, int line) {
        rings[queue.index()] = queue;
        queues[queue.index()] = DeviceVirtqueue.create(
                memory,
                queue.size(),
                VirtqueueFormat.of(accepted),
                queue.descriptorArea(),
                queue.driverArea(),
                queue.deviceArea());
    }

    @Override
    public void setConfigurationLine(int line) {}

    @Override
    public void resetQueue(int queue, long timeoutNanos) {}

    /** A device that serves what it is notified of, but not in the middle of serving. */
    @Override
    public void notify(DriverVirtqueue queue) {
        if (!serving) {
            serving = true;
            serve();
            serving = false;
        }
    }

    @Override
    public int takeInterrupt(int reasons) {
        return reasons;
    }
}
