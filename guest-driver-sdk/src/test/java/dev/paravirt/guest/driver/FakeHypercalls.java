// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.hypercall.DeviceInfo;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.MulticallEntry;
import dev.paravirt.spec.hypercall.QueueSetup;

/** One device behind hypercalls. */
final class FakeHypercalls implements HypercallGate {
    final FakeBlockDevice device;
    int calls;
    long version = Hypercall.version(Hypercall.MAJOR, 7);
    /** A call that fails with this, if not 0. */
    int failing;

    long failure = HypercallError.INVALID_ARGUMENT;
    private final MemoryRegion memory;

    FakeHypercalls(FakeMachine machine, FakeBlockDevice device) {
        this.device = device;
        this.memory = machine.memory.region(0);
    }

    @Override
    public long call(int number, long a0, long a1, long a2, long a3) {
        calls++;
        return answer(number, a0, a1, a2, a3);
    }

    private long answer(int number, long a0, long a1, long a2, long a3) {
        if (number == failing) {
            return failure;
        }
        return switch (number) {
            case Hypercall.VERSION -> version;
            case Hypercall.DEVICE_COUNT, Hypercall.LINE_COUNT -> 2;
            case Hypercall.MULTICALL -> multicall(offset(a0), (int) a1);
            case Hypercall.CLOCK -> 77;
            case Hypercall.CONSOLE_PRINT -> a1;
            case Hypercall.DEVICE_INFO -> info((int) a0, offset(a1));
            default -> a0 == 1 ? ofDevice(number, a1, a2, a3) : HypercallError.NO_DEVICE;
        };
    }

    private long ofDevice(int number, long a1, long a2, long a3) {
        return switch (number) {
            case Hypercall.GET_STATUS -> device.readStatus();
            case Hypercall.SET_STATUS -> {
                device.writeStatus((int) a1);
                yield device.readStatus();
            }
            case Hypercall.NEGOTIATE -> {
                device.acceptFeatures(FeatureBits.ofLongs(a1, a2));
                device.writeStatus(device.status | DeviceStatus.FEATURES_OK);
                yield device.status;
            }
            case Hypercall.CONFIG_READ -> {
                device.log.add("config");
                memory.put(offset(a3), device.config.array(), (int) a1, (int) a2);
                yield device.generation;
            }
            case Hypercall.CONFIG_WRITE -> {
                memory.get(offset(a3), device.config.array(), (int) a1, (int) a2);
                yield 0;
            }
            case Hypercall.CONFIG_LINE -> {
                device.configLine = (int) a1;
                yield 0;
            }
            case Hypercall.QUEUE_MAX_SIZE -> device.queueMaxSize;
            case Hypercall.QUEUE_SETUP -> setUp(offset(a1));
            case Hypercall.QUEUE_RESET -> {
                device.dropQueue((int) a1);
                yield 0;
            }
            default -> HypercallError.NOT_SUPPORTED;
        };
    }

    private long offset(long gpa) {
        return gpa - memory.address();
    }

    private long info(int number, long at) {
        memory.putInt(at + DeviceInfo.DEVICE_ID, number == 1 ? device.deviceType : 0);
        memory.putInt(at + DeviceInfo.NUM_QUEUES, device.queueCount);
        memory.putInt(at + DeviceInfo.CONFIG_SIZE, device.configSize);
        memory.putLong(at + DeviceInfo.DEVICE_FEATURES_LOW, device.features.low());
        memory.putLong(at + DeviceInfo.DEVICE_FEATURES_HIGH, device.features.high());
        return 0;
    }

    private long setUp(long at) {
        int queue = memory.getShort(at + QueueSetup.QUEUE) & 0xffff;
        device.setUp(
                queue,
                new FakeBlockDevice.Setup(
                        memory.getShort(at + QueueSetup.QUEUE_SIZE) & 0xffff,
                        memory.getInt(at + QueueSetup.LINE),
                        memory.getLong(at + QueueSetup.DESCRIPTOR_AREA),
                        memory.getLong(at + QueueSetup.DRIVER_AREA),
                        memory.getLong(at + QueueSetup.DEVICE_AREA)));
        return queue + 5L;
    }

    private long multicall(long at, int count) {
        for (int index = 0; index < count; index++) {
            long entry = at + (long) index * MulticallEntry.SIZE;
            long arguments = entry + MulticallEntry.ARGUMENTS;
            long result = answer(
                    (int) memory.getLong(entry + MulticallEntry.NUMBER),
                    memory.getLong(arguments),
                    memory.getLong(arguments + 8),
                    memory.getLong(arguments + 16),
                    memory.getLong(arguments + 24));
            memory.putLong(entry + MulticallEntry.RESULT, result);
            if (result < 0) {
                return index;
            }
        }
        return count;
    }

    @Override
    public void notify(int doorbell, int data) {
        device.notified(doorbell - 5);
    }
}
