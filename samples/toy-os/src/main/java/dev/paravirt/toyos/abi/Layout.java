// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/**
 * Structures that cross the boundary, as offsets of little-endian fields.
 *
 * <p>File status: u64 size, u64 modified (ms since 1970), u32 flags, u32 length of the name, name.
 *
 * <p>Task status: u32 task number, u32 state, u64 times it was given the CPU, u64 ns that it had it, u32 length of the
 * name, name.
 *
 * <p>Device status: u64 inputs, u64 bytes of them, u64 outputs, u64 bytes of them, u64 exits, u64 interrupts, u32 length
 * of the name, name.
 *
 * <p>Block workload: what is asked for, then what came out; latencies in ns.
 *
 * <p>Endpoint: u32 IPv4 address, u32 port. Socket to be polled: u32 descriptor, u32 what to wait for, u32 what is the case.
 *
 * <p>Interface status: u64 station address, u32 IPv4 address, u32 bits of the network's prefix, u32 gateway, u32 MTU, u32
 * flags, u32 number of name servers, and each as u32. Counter: u64 value, u32 length of the name, name.
 */
public final class Layout {
    public static final int STATUS_SIZE = 0;
    public static final int STATUS_MODIFIED = 8;
    public static final int STATUS_FLAGS = 16;
    public static final int STATUS_NAME_LENGTH = 20;
    public static final int STATUS_NAME = 24;
    public static final int STATUS_FLAG_DIRECTORY = 1;
    public static final int STATUS_FLAG_READ_ONLY = 2;

    public static final int TASK_NUMBER = 0;
    public static final int TASK_STATE = 4;
    public static final int TASK_SWITCHES = 8;
    public static final int TASK_CPU_TIME = 16;
    public static final int TASK_NAME_LENGTH = 24;
    public static final int TASK_NAME = 28;

    public static final int DEVICE_INPUTS = 0;
    public static final int DEVICE_INPUT_BYTES = 8;
    public static final int DEVICE_OUTPUTS = 16;
    public static final int DEVICE_OUTPUT_BYTES = 24;
    public static final int DEVICE_EXITS = 32;
    public static final int DEVICE_INTERRUPTS = 40;
    public static final int DEVICE_NAME_LENGTH = 48;
    public static final int DEVICE_NAME = 52;

    public static final int WORKLOAD_OPERATION = 0;
    public static final int WORKLOAD_QUEUE_DEPTH = 4;
    public static final int WORKLOAD_BLOCK_SIZE = 8;
    public static final int WORKLOAD_MOST_REQUESTS = 16;
    public static final int WORKLOAD_MOST_NANOS = 24;
    public static final int WORKLOAD_RESULTS = 32;
    public static final int RESULT_REQUESTS = 32;
    public static final int RESULT_NANOS = 40;
    public static final int RESULT_ERRORS = 48;
    public static final int RESULT_P50 = 56;
    public static final int RESULT_P99 = 64;
    public static final int RESULT_P999 = 72;
    public static final int RESULT_MAXIMUM = 80;
    public static final int RESULT_DOORBELLS = 88;
    public static final int RESULT_INTERRUPTS = 96;
    public static final int WORKLOAD_SIZE = 104;

    public static final int ENDPOINT_ADDRESS = 0;
    public static final int ENDPOINT_PORT = 4;
    public static final int ENDPOINT_SIZE = 8;

    public static final int POLL_DESCRIPTOR = 0;
    public static final int POLL_WANTED = 4;
    public static final int POLL_READY = 8;
    public static final int POLL_SIZE = 12;
    public static final int POLL_READABLE = 1;
    public static final int POLL_WRITABLE = 2;

    public static final int INTERFACE_MAC = 0;
    public static final int INTERFACE_ADDRESS = 8;
    public static final int INTERFACE_PREFIX = 12;
    public static final int INTERFACE_GATEWAY = 16;
    public static final int INTERFACE_MTU = 20;
    public static final int INTERFACE_FLAGS = 24;
    public static final int INTERFACE_NAME_SERVERS = 28;
    public static final int INTERFACE_SIZE = 32;
    public static final int INTERFACE_FLAG_UP = 1;
    public static final int INTERFACE_FLAG_DHCP = 2;

    public static final int COUNTER_VALUE = 0;
    public static final int COUNTER_NAME_LENGTH = 8;
    public static final int COUNTER_NAME = 12;

    private Layout() {}
}
