// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The system calls by which programs learn how the machine is, and tell the host what they found. */
final class InformationCalls {
    private final Machine machine;
    private final Console console;
    private final List<DeviceStatistics> devices;
    private final long started;

    InformationCalls(Machine machine, Console console, List<DeviceStatistics> devices) {
        this.machine = machine;
        this.console = console;
        this.devices = devices;
        started = machine.monotonicNanos();
    }

    long clock(long which) {
        return switch ((int) which) {
            case 0 -> machine.monotonicNanos();
            case 1 -> machine.epochMillis();
            default -> machine.monotonicNanos() - started;
        };
    }

    long report(UserMemory memory, long address, long length) throws SystemCallException {
        int start = memory.check(address, length);
        console.print(memory.array(), start, (int) length);
        return 0;
    }

    long log(UserMemory memory, long index, long address, long size) throws SystemCallException {
        int start = memory.check(address, size);
        String line = console.logged(index);
        if (line == null) {
            return 0;
        }
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > size) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        System.arraycopy(bytes, 0, memory.array(), start, bytes.length);
        return bytes.length + 1L;
    }

    long device(UserMemory memory, long index, long address, long size) throws SystemCallException {
        if (index < 0 || index >= devices.size()) {
            return 0;
        }
        DeviceStatistics device = devices.get((int) index);
        memory.check(address, size);
        int name = memory.putText(
                address + Layout.DEVICE_NAME_LENGTH, address + Layout.DEVICE_NAME, device.name(), address + size);
        memory.putLong(address + Layout.DEVICE_INPUTS, device.inputs());
        memory.putLong(address + Layout.DEVICE_INPUT_BYTES, device.inputBytes());
        memory.putLong(address + Layout.DEVICE_OUTPUTS, device.outputs());
        memory.putLong(address + Layout.DEVICE_OUTPUT_BYTES, device.outputBytes());
        memory.putLong(address + Layout.DEVICE_EXITS, device.exits());
        memory.putLong(address + Layout.DEVICE_INTERRUPTS, device.interrupts());
        return Layout.DEVICE_NAME + (long) name;
    }
}
