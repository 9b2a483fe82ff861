// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A network device, with the transport to it, that does what a test tells it to. It works when it is waited for. */
final class FakeNetDevice implements Transport {
    static final byte[] MAC = {0x52, 0x54, 0, 1, 2, 3};
    private static final int QUEUES = 9;

    final FakeMachine machine = new FakeMachine();
    final ByteBuffer config = ByteBuffer.allocate(NetConfig.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    final List<String> commands = new ArrayList<>();
    final List<byte[]> sent = new ArrayList<>();
    final Deque<byte[]> arriving = new ArrayDeque<>();
    FeatureBits features = NetDriverOptions.ALL_FEATURES.with(Features.VERSION_1);
    int queueMaxSize = 64;
    int configSize = NetConfig.SIZE;
    int answer = NetControl.OK;
    boolean answers = true;
    boolean echoes;
    boolean takesFrames = true;
    boolean neverResets;
    boolean needsResetAtOnce;
    Loss loss = Loss.NONE;
    /** What received frames say of their buffers, if not negative. */
    int numBuffers = -1;

    int usedLength = -1;
    int status;
    int resets;
    int notifications;
    FeatureBits accepted = FeatureBits.NONE;
    final @Nullable DeviceVirtqueue[] queues = new @Nullable DeviceVirtqueue[QUEUES];
    final @Nullable DriverVirtqueue[] rings = new @Nullable DriverVirtqueue[QUEUES];
    private final Deque<DescriptorChain> buffers = new ArrayDeque<>();
    private final byte[] scratch = new byte[70_000];

    FakeNetDevice() {
        machine.serveWith(this::serve);
        config.put(NetConfig.MAC, MAC);
        config.putShort(NetConfig.STATUS, (short) NetConfig.S_LINK_UP);
        config.putShort(NetConfig.MAX_VIRTQUEUE_PAIRS, (short) 4);
        config.putShort(NetConfig.MTU, (short) 1500);
        config.putInt(NetConfig.SPEED, 10_000);
        config.put(NetConfig.DUPLEX, (byte) NetConfig.DUPLEX_FULL);
    }

    NetDriver start(NetDriverOptions options) throws DeviceException {
        return NetDriver.start(this, machine, options);
    }

    int controlQueue() {
        return QUEUES - 1;
    }

    void configurationChanged() {
        machine.raise(0, InterruptStatus.CONFIGURATION_CHANGE);
    }

    void needsReset() {
        status |= DeviceStatus.DEVICE_NEEDS_RESET;
        configurationChanged();
    }

    void serve() {
        if ((status & DeviceStatus.DRIVER_OK) == 0 || (status & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            return;
        }
        for (int index = 0; index < QUEUES; index++) {
            DeviceVirtqueue queue = queues[index];
            if (queue == null) {
                continue;
            }
            if (index == controlQueue()) {
                command(queue);
            } else if (index % 2 == 1) {
                transmit(queue);
            } else if (index == 0) {
                receive(queue);
            }
            if (queue.publish()) {
                machine.raise(0, InterruptStatus.USED_BUFFER);
            }
            queue.enableAvailableNotifications();
        }
    }

    private void command(DeviceVirtqueue queue) {
        DescriptorChain chain = answers ? queue.poll() : null;
        while (chain != null) {
            byte[] data = new byte[(int) chain.readableLength()];
            chain.read(0, data, 0, data.length);
            commands.add(HexFormat.of().formatHex(data));
            if (answer >= 0) {
                chain.writeByte(0, answer);
            }
            queue.push(chain, 1);
            chain = queue.poll();
        }
    }

    private void transmit(DeviceVirtqueue queue) {
        DescriptorChain chain = takesFrames ? queue.poll() : null;
        while (chain != null) {
            int length = (int) chain.readableLength();
            chain.read(0, scratch, 0, length);
            if (!echoes) {
                sent.add(Arrays.copyOf(scratch, length));
            }
            queue.push(chain, 0);
            DeviceVirtqueue back = queues[0];
            if (echoes && back != null) {
                deliver(back, scratch, length);
                if (back.publish()) {
                    machine.raise(0, InterruptStatus.USED_BUFFER);
                }
            }
            chain = queue.poll();
        }
    }

    private void receive(DeviceVirtqueue queue) {
        while (!arriving.isEmpty()) {
            byte[] frame = arriving.element();
            if (!deliver(queue, frame, frame.length)) {
                return;
            }
            arriving.remove();
        }
    }

    /** Puts a header and its frame into as many buffers as it takes. Returns false if there are too few. */
    private boolean deliver(DeviceVirtqueue queue, byte[] frame, int length) {
        for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
            buffers.add(chain);
        }
        int done = 0;
        int room = buffers.isEmpty() ? 1 : (int) buffers.element().writableLength();
        int needed = (length + room - 1) / room;
        if (needed > buffers.size()) {
            return false;
        }
        int said = numBuffers >= 0 ? numBuffers : needed;
        frame[NetHeader.NUM_BUFFERS] = (byte) said;
        frame[NetHeader.NUM_BUFFERS + 1] = (byte) (said >>> 8);
        while (done < length) {
            DescriptorChain chain = buffers.remove();
            int here = Math.min(length - done, room);
            chain.write(0, frame, done, here);
            queue.push(chain, usedLength >= 0 ? usedLength : here);
            done += here;
        }
        return true;
    }

    @Override
    public String name() {
        return "network device 7";
    }

    @Override
    public int deviceType() {
        return 1;
    }

    @Override
    public FeatureBits deviceFeatures() {
        return features;
    }

    @Override
    public FeatureBits transportFeatures() {
        return VirtqueueFormat.FEATURES.with(Features.VERSION_1);
    }

    @Override
    public int configSize() {
        return configSize;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void setStatus(int value) {
        boolean starts = (value & DeviceStatus.DRIVER_OK) != 0;
        status = value | (starts && needsResetAtOnce ? DeviceStatus.DEVICE_NEEDS_RESET : 0);
    }

    @Override
    public void reset(long timeoutNanos) throws DeviceException {
        resets++;
        if (neverResets) {
            throw new DeviceException(name() + " has not completed its reset");
        }
        Arrays.fill(queues, null);
        Arrays.fill(rings, null);
        buffers.clear();
        status = 0;
        loss = Loss.NONE;
    }

    @Override
    public Loss loss() {
        return loss;
    }

    @Override
    public boolean negotiate(FeatureBits driver, int before) {
        accepted = driver;
        status = before | DeviceStatus.FEATURES_OK;
        return features.hasAll(driver);
    }

    /** The fields by their widths, as the registers of virtio-mmio have them. */
    @Override
    public void readConfig(ConfigSnapshot snapshot, int length) throws DeviceException {
        MmioTransport.open(new Registers(), machine, "0").readConfig(snapshot, length);
    }

    private final class Registers implements dev.paravirt.guest.platform.RegisterGate {
        @Override
        public int read(int offset, int width) {
            int at = offset - MmioRegisters.CONFIG;
            if (at < 0) {
                return switch (offset) {
                    case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
                    case MmioRegisters.VERSION -> MmioRegisters.VERSION_2;
                    case MmioRegisters.DEVICE_ID -> 1;
                    default -> 0;
                };
            }
            return switch (width) {
                case 1 -> config.get(at) & 0xff;
                case 2 -> config.getShort(at) & 0xffff;
                default -> config.getInt(at);
            };
        }

        @Override
        public void write(int offset, int width, int value) {}
    }

    @Override
    public void writeConfig(int offset, int width, int value) {
        throw new AssertionError("a driver writes nothing there");
    }

    @Override
    public int queueMaxSize(int queue) {
        return queue < QUEUES ? queueMaxSize : 0;
    }

    @Override
    public void setUpQueue(DriverVirtqueue ring, int line) {
        rings[ring.index()] = ring;
        queues[ring.index()] = DeviceVirtqueue.create(
                machine.memory,
                ring.size(),
                VirtqueueFormat.of(accepted),
                ring.descriptorArea(),
                ring.driverArea(),
                ring.deviceArea());
    }

    @Override
    public void setConfigurationLine(int line) {}

    @Override
    public void resetQueue(int queue, long timeoutNanos) {
        throw new AssertionError("the driver resets the whole device");
    }

    @Override
    public void notify(DriverVirtqueue queue) {
        if ((status & DeviceStatus.DRIVER_OK) == 0) {
            throw new AssertionError("notified before DRIVER_OK");
        }
        notifications++;
    }

    @Override
    public int takeInterrupt(int reasons) {
        return reasons;
    }
}
