// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import dev.paravirt.spec.blk.BlkStatus;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A block device in a byte array that does what a test tells it to, and notes what its driver does. */
final class FakeBlockDevice {
    static final int SECTORS = 4096;

    /** A queue as the driver set it up. */
    record Setup(int size, int line, long descriptorArea, long driverArea, long deviceArea) {}

    final List<String> log = new ArrayList<>();
    final List<Integer> types = new ArrayList<>();
    final byte[] disk = new byte[SECTORS * BlkRequest.SECTOR_SIZE];
    final ByteBuffer config = ByteBuffer.allocate(BlkConfig.SIZE).order(ByteOrder.LITTLE_ENDIAN);

    FeatureBits features =
            BlockDriverOptions.ALL_FEATURES.without(BlkFeatures.RO).with(Features.VERSION_1);
    int deviceType = 2;
    int queueMaxSize = 256;
    int queueCount = 4;
    int configSize = BlkConfig.SIZE;
    boolean refusesFeatures;
    boolean neverResets;
    int slowResets;
    boolean needsResetAtOnce;
    boolean neverSettles;
    boolean notes = true;
    /** Which requests, by their type, are taken and never answered. */
    IntPredicate stalls = type -> false;
    /** What a request is answered with in place of its true status, if not negative. */
    int answer = -1;

    long shortBy;
    Runnable beforeEachRequest = () -> {};

    int status;
    FeatureBits accepted = FeatureBits.NONE;
    int configLine = -1;
    int interruptStatus;
    int generation;
    int notifications;
    int resets;
    int flushes;

    final @Nullable Setup[] setups = new @Nullable Setup[4];
    private final FakeMachine machine;
    private final @Nullable DeviceVirtqueue[] queues = new @Nullable DeviceVirtqueue[4];

    FakeBlockDevice(FakeMachine machine) {
        this.machine = machine;
        machine.serveWith(this::serve);
        config.putLong(BlkConfig.CAPACITY, SECTORS);
        config.putInt(BlkConfig.SIZE_MAX, 1 << 20);
        config.putInt(BlkConfig.SEG_MAX, 30);
        config.putInt(BlkConfig.BLK_SIZE, 4096);
        config.putShort(BlkConfig.NUM_QUEUES, (short) 2);
        config.putInt(BlkConfig.MAX_DISCARD_SECTORS, 1024);
        config.putInt(BlkConfig.MAX_DISCARD_SEG, 1);
        config.putInt(BlkConfig.MAX_WRITE_ZEROES_SECTORS, 1024);
        config.putInt(BlkConfig.MAX_WRITE_ZEROES_SEG, 1);
        config.put(BlkConfig.WRITE_ZEROES_MAY_UNMAP, (byte) 1);
        config.putInt(BlkConfig.MAX_SECURE_ERASE_SECTORS, 1024);
        config.putInt(BlkConfig.MAX_SECURE_ERASE_SEG, 1);
    }

    private void note(String event) {
        if (notes) {
            log.add(event);
        }
    }

    int readStatus() {
        if (slowResets > 0) {
            slowResets--;
            status = slowResets == 0 ? 0 : status;
        }
        return status;
    }

    void writeStatus(int value) {
        note("status " + DeviceStatus.describe(value));
        if (value == 0) {
            resets++;
            if (!neverResets) {
                for (int queue = 0; queue < queues.length; queue++) {
                    dropQueue(queue);
                }
                accepted = FeatureBits.NONE;
                configLine = -1;
                status = slowResets > 0 ? status : 0;
            }
            return;
        }
        boolean refused = refusesFeatures || !features.hasAll(accepted);
        status = (value & DeviceStatus.FEATURES_OK) != 0 && refused ? value & ~DeviceStatus.FEATURES_OK : value;
        if ((value & DeviceStatus.DRIVER_OK) != 0 && needsResetAtOnce) {
            needsReset();
        }
    }

    void acceptFeatures(FeatureBits driver) {
        note("features");
        accepted = driver;
    }

    void needsReset() {
        status |= DeviceStatus.DEVICE_NEEDS_RESET;
        configurationChanged();
    }

    void configurationChanged() {
        generation++;
        if (configLine >= 0) {
            interrupt(configLine, InterruptStatus.CONFIGURATION_CHANGE);
        }
    }

    private void interrupt(int line, int reason) {
        interruptStatus |= reason;
        machine.raise(line, reason);
    }

    int readGeneration() {
        return neverSettles ? generation++ : generation;
    }

    void setUp(int queue, Setup setup) {
        note("queue " + queue + " of " + setup.size);
        setups[queue] = setup;
        VirtqueueFormat format = VirtqueueFormat.of(accepted);
        queues[queue] = DeviceVirtqueue.create(
                memory(), setup.size, format, setup.descriptorArea, setup.driverArea, setup.deviceArea);
    }

    void dropQueue(int queue) {
        setups[queue] = null;
        queues[queue] = null;
    }

    private GuestMemory memory() {
        return machine.memory;
    }

    void notified(int queue) {
        notifications++;
        if (notes) {
            serve();
        }
    }

    void serve() {
        if ((status & DeviceStatus.DRIVER_OK) == 0 || (status & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            return;
        }
        for (int index = 0; index < queues.length; index++) {
            DeviceVirtqueue queue = queues[index];
            Setup setup = setups[index];
            if (queue != null && setup != null) {
                try {
                    serve(queue, setup.line);
                } catch (VirtqueueException | IndexOutOfBoundsException malformed) {
                    needsReset();
                    return;
                }
            }
        }
    }

    private void serve(DeviceVirtqueue queue, int line) {
        do {
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                beforeEachRequest.run();
                int type = chain.readInt(BlkRequest.TYPE);
                if (notes) {
                    types.add(type);
                }
                if (!stalls.test(type)) {
                    int answered = answer >= 0 ? answer : perform(type, chain);
                    chain.writeByte(chain.writableLength() - 1, answered);
                    queue.push(chain, Math.max(chain.writableLength() - shortBy, 0));
                }
            }
            if (queue.publish() && line >= 0) {
                interrupt(line, InterruptStatus.USED_BUFFER);
            }
        } while (!queue.enableAvailableNotifications());
    }

    private int perform(int type, DescriptorChain chain) {
        int at = (int) chain.readLong(BlkRequest.SECTOR) * BlkRequest.SECTOR_SIZE;
        switch (type) {
            case BlkRequest.T_IN -> chain.write(0, disk, at, (int) chain.writableLength() - 1);
            case BlkRequest.T_OUT -> {
                int length = (int) chain.readableLength() - BlkRequest.HEADER_SIZE;
                chain.read(BlkRequest.HEADER_SIZE, disk, at, length);
            }
            case BlkRequest.T_FLUSH -> flushes++;
            case BlkRequest.T_GET_ID -> {
                byte[] id = "fake disk\u0001".getBytes(StandardCharsets.US_ASCII);
                chain.write(0, id, 0, id.length);
            }
            case BlkRequest.T_GET_LIFETIME -> chain.write(0, new byte[] {2, 0, 3, 0, 4, 0}, 0, 6);
            case BlkRequest.T_DISCARD, BlkRequest.T_WRITE_ZEROES, BlkRequest.T_SECURE_ERASE -> fill(type, chain);
            default -> {
                return BlkStatus.UNSUPP;
            }
        }
        return BlkStatus.OK;
    }

    private void fill(int type, DescriptorChain chain) {
        int segment = BlkRequest.HEADER_SIZE;
        int from = (int) chain.readLong(segment + BlkSegment.SECTOR) * BlkRequest.SECTOR_SIZE;
        int bytes = chain.readInt(segment + BlkSegment.NUM_SECTORS) * BlkRequest.SECTOR_SIZE;
        int flags = chain.readInt(segment + BlkSegment.FLAGS);
        byte value = (byte) (type == BlkRequest.T_WRITE_ZEROES ? 0 : type);
        note(BlkRequest.describeType(type) + " flags " + flags);
        Arrays.fill(disk, from, from + bytes, value);
    }
}
