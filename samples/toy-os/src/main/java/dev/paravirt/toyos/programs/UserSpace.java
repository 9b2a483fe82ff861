// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.OpenFlags;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.abi.SystemCallGate;
import dev.paravirt.toyos.abi.TerminalRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a C library is elsewhere: system calls with types, over the program's flat memory. */
final class UserSpace {
    /** Where {@link #BUFFER_SIZE} bytes for reading and writing start. */
    static final int BUFFER = 64 << 10;

    static final int BUFFER_SIZE = 256 << 10;

    private static final int FIRST_TEXT = 0;
    private static final int SECOND_TEXT = 8 << 10;
    private static final int STRUCTURE = 16 << 10;
    private static final int STRUCTURE_SIZE = 4 << 10;
    private static final int OUTPUT = 32 << 10;
    private static final int OUTPUT_SIZE = 16 << 10;
    /** What a program reads unless it is told otherwise. */
    static final int INPUT = 0;

    /** Where results go. */
    static final int RESULTS = 1;

    /** Where complaints go. */
    static final int COMPLAINTS = 2;

    private final byte[] memory;
    private final ByteBuffer fields;
    private final SystemCallGate gate;

    UserSpace(byte[] memory, SystemCallGate gate) {
        this.memory = memory;
        this.gate = gate;
        fields = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[] memory() {
        return memory;
    }

    /**
     * @param size in bytes
     * @param modified in ms since 1970
     */
    record Status(String name, boolean directory, long size, long modified) {}

    record TaskStatus(int number, int state, long switches, long cpuNanos, String name) {}

    record Space(long total, long free) {}

    record DeviceStatus(
            String name, long inputs, long inputBytes, long outputs, long outputBytes, long exits, long interrupts) {}

    int open(String path) throws UserException {
        return open(path, 0);
    }

    int create(String path) throws UserException {
        return open(path, OpenFlags.CREATE | OpenFlags.TRUNCATE);
    }

    int open(String path, int flags) throws UserException {
        int length = text(FIRST_TEXT, path);
        return (int) call(path, SystemCall.OPEN, FIRST_TEXT, length, flags, 0);
    }

    void close(int fd) throws UserException {
        call("close", SystemCall.CLOSE, fd, 0, 0, 0);
    }

    /** Reads into {@link #BUFFER}; 0 at the end. */
    int read(int fd) throws UserException {
        return read(fd, BUFFER_SIZE);
    }

    /** As {@link #read(int)}; a failure names the file. */
    int read(int fd, String path) throws UserException {
        return (int) call(path, SystemCall.READ, fd, BUFFER, BUFFER_SIZE, 0);
    }

    /** As {@link #read(int)}, at most so many bytes. */
    int read(int fd, int most) throws UserException {
        return (int) call("read", SystemCall.READ, fd, BUFFER, most, 0);
    }

    /** Writes from {@link #BUFFER}. */
    void write(int fd, int length) throws UserException {
        call("write", SystemCall.WRITE, fd, BUFFER, length, 0);
    }

    /** Reads to any address; 0 at the end. */
    int read(int fd, int address, int length) throws UserException {
        return (int) call("read", SystemCall.READ, fd, address, length, 0);
    }

    /** Writes from any address. */
    void write(int fd, int address, int length) throws UserException {
        call("write", SystemCall.WRITE, fd, address, length, 0);
    }

    long getLong(int address) {
        return fields.getLong(address);
    }

    void putLong(int address, long value) {
        fields.putLong(address, value);
    }

    void seek(int fd, long position) throws UserException {
        call("seek", SystemCall.SEEK, fd, position, 0, 0);
    }

    void truncate(int fd, long size) throws UserException {
        call("truncate", SystemCall.TRUNCATE, fd, size, 0, 0);
    }

    Status stat(String path) throws UserException {
        int length = text(FIRST_TEXT, path);
        call(path, SystemCall.STAT, FIRST_TEXT, length, STRUCTURE, STRUCTURE_SIZE);
        return status();
    }

    /** The next entry of an open directory, or null. */
    @Nullable
    Status readDirectory(int fd) throws UserException {
        return call("readdir", SystemCall.READDIR, fd, STRUCTURE, STRUCTURE_SIZE, 0) == 0 ? null : status();
    }

    void rename(String from, String to) throws UserException {
        int fromLength = text(FIRST_TEXT, from);
        int toLength = text(SECOND_TEXT, to);
        call(from + " to " + to, SystemCall.RENAME, FIRST_TEXT, fromLength, SECOND_TEXT, toLength);
    }

    void unlink(String path) throws UserException {
        onPath(SystemCall.UNLINK, path);
    }

    void makeDirectory(String path) throws UserException {
        onPath(SystemCall.MKDIR, path);
    }

    void removeDirectory(String path) throws UserException {
        onPath(SystemCall.RMDIR, path);
    }

    void sync() throws UserException {
        call("sync", SystemCall.SYNC, 0, 0, 0, 0);
    }

    Space space() throws UserException {
        call("statfs", SystemCall.STATFS, STRUCTURE, 0, 0, 0);
        return new Space(fields.getLong(STRUCTURE), fields.getLong(STRUCTURE + Long.BYTES));
    }

    long monotonicNanos() throws UserException {
        return call("clock", SystemCall.CLOCK, 0, 0, 0, 0);
    }

    long epochMillis() throws UserException {
        return call("clock", SystemCall.CLOCK, 1, 0, 0, 0);
    }

    /** Since the system was started. */
    long upNanos() throws UserException {
        return call("clock", SystemCall.CLOCK, 2, 0, 0, 0);
    }

    void sleep(long nanos) throws UserException {
        call("sleep", SystemCall.SLEEP, nanos, 0, 0, 0);
    }

    /** The task at an index of the kernel's list, or null behind the last. */
    @Nullable
    TaskStatus task(int index) throws UserException {
        if (call("task", SystemCall.TASK, index, STRUCTURE, STRUCTURE_SIZE, 0) == 0) {
            return null;
        }
        return new TaskStatus(
                fields.getInt(STRUCTURE + Layout.TASK_NUMBER),
                fields.getInt(STRUCTURE + Layout.TASK_STATE),
                fields.getLong(STRUCTURE + Layout.TASK_SWITCHES),
                fields.getLong(STRUCTURE + Layout.TASK_CPU_TIME),
                text(STRUCTURE + Layout.TASK_NAME, fields.getInt(STRUCTURE + Layout.TASK_NAME_LENGTH)));
    }

    /**
     * Starts a program.
     *
     * @param streams the descriptors of ours that become its 0, 1 and 2
     * @param group as START takes it
     */
    int start(List<String> words, int[] streams, int group) throws UserException {
        int length = text(FIRST_TEXT, String.join("\0", words) + "\0");
        long packed = streams[0] | (long) streams[1] << 16 | (long) streams[2] << 32;
        return (int) call(words.getFirst(), SystemCall.START, FIRST_TEXT, length, packed, group);
    }

    int spawn(String commandLine) throws UserException {
        int length = text(FIRST_TEXT, commandLine);
        return (int) call(commandLine, SystemCall.SPAWN, FIRST_TEXT, length, 0, 0);
    }

    int await(int task) throws UserException {
        return (int) call("wait for task " + task, SystemCall.WAIT, task, 0, 0, 0);
    }

    /** The exit status of a child; -1 if it has not ended. */
    int look(int task) throws UserException {
        long result = gate.call(SystemCall.WAIT.number(), task, 1, 0, 0);
        return result == Errno.NOT_YET.result() ? -1 : (int) check("wait for task " + task, result);
    }

    void kill(int task, int status) throws UserException {
        call("task " + task, SystemCall.KILL, task, status, 0, 0);
    }

    void powerOff(int status) throws UserException {
        call("poweroff", SystemCall.POWEROFF, status, 0, 0, 0);
    }

    /** What is written to the second descriptor is read from the first. */
    int[] pipe() throws UserException {
        call("pipe", SystemCall.PIPE, STRUCTURE, 0, 0, 0);
        return new int[] {fields.getInt(STRUCTURE), fields.getInt(STRUCTURE + Integer.BYTES)};
    }

    void changeDirectory(String path) throws UserException {
        onPath(SystemCall.CHDIR, path);
    }

    String directory() throws UserException {
        int length = (int) call("getcwd", SystemCall.GETCWD, STRUCTURE, STRUCTURE_SIZE, 0, 0);
        return text(STRUCTURE, length);
    }

    /** Columns times 65536 plus rows of the terminal behind a descriptor; -1 if there is none, or nobody at it. */
    int terminalSize(int fd) {
        return (int) Math.max(-1, gate.call(SystemCall.TERMINAL.number(), TerminalRequest.SIZE.ordinal(), fd, 0, 0));
    }

    /** Whether the machine has a terminal, with or without a person at it. */
    boolean hasTerminal() {
        long result = gate.call(SystemCall.TERMINAL.number(), TerminalRequest.SIZE.ordinal(), INPUT, 0, 0);
        return result != Errno.NO_DEVICE.result();
    }

    void rawTerminal(boolean raw) throws UserException {
        call("terminal", SystemCall.TERMINAL, TerminalRequest.RAW.ordinal(), raw ? 1 : 0, 0, 0);
    }

    /** @return whether Ctrl-C was typed for the group before */
    boolean foreground(int group) throws UserException {
        return call("terminal", SystemCall.TERMINAL, TerminalRequest.FOREGROUND.ordinal(), group, 0, 0) != 0;
    }

    /** Tells the host. */
    void report(Report report) throws UserException {
        byte[] bytes = (report + "\n").getBytes(StandardCharsets.UTF_8);
        for (int done = 0; done < bytes.length; done += OUTPUT_SIZE) {
            int part = Math.min(OUTPUT_SIZE, bytes.length - done);
            System.arraycopy(bytes, done, memory, OUTPUT, part);
            call("report", SystemCall.REPORT, OUTPUT, part, 0, 0);
        }
    }

    /** A line of the kernel's log, or null behind the last. */
    @Nullable
    String log(int index) throws UserException {
        int length = (int) call("log", SystemCall.LOG, index, STRUCTURE, STRUCTURE_SIZE, 0);
        return length == 0 ? null : text(STRUCTURE, length - 1);
    }

    /** What a device has done, at an index of the kernel's list, or null behind the last. */
    @Nullable
    DeviceStatus device(int index) throws UserException {
        if (call("device", SystemCall.DEVICE, index, STRUCTURE, STRUCTURE_SIZE, 0) == 0) {
            return null;
        }
        return new DeviceStatus(
                text(STRUCTURE + Layout.DEVICE_NAME, fields.getInt(STRUCTURE + Layout.DEVICE_NAME_LENGTH)),
                fields.getLong(STRUCTURE + Layout.DEVICE_INPUTS),
                fields.getLong(STRUCTURE + Layout.DEVICE_INPUT_BYTES),
                fields.getLong(STRUCTURE + Layout.DEVICE_OUTPUTS),
                fields.getLong(STRUCTURE + Layout.DEVICE_OUTPUT_BYTES),
                fields.getLong(STRUCTURE + Layout.DEVICE_EXITS),
                fields.getLong(STRUCTURE + Layout.DEVICE_INTERRUPTS));
    }

    /** Runs a block workload; the results are read with {@link #result}. */
    void workload(int operation, int queueDepth, int blockSize, long requests, long nanos) throws UserException {
        fields.putInt(STRUCTURE + Layout.WORKLOAD_OPERATION, operation);
        fields.putInt(STRUCTURE + Layout.WORKLOAD_QUEUE_DEPTH, queueDepth);
        fields.putInt(STRUCTURE + Layout.WORKLOAD_BLOCK_SIZE, blockSize);
        fields.putLong(STRUCTURE + Layout.WORKLOAD_MOST_REQUESTS, requests);
        fields.putLong(STRUCTURE + Layout.WORKLOAD_MOST_NANOS, nanos);
        call("workload", SystemCall.WORKLOAD, STRUCTURE, 0, 0, 0);
    }

    /** @param field one of the RESULT offsets of {@link Layout} */
    long result(int field) {
        return fields.getLong(STRUCTURE + field);
    }

    /** Prints a line. */
    void print(String line) throws UserException {
        show(RESULTS, line + "\n");
    }

    /** Says what is wrong, in a line. */
    void complain(String line) throws UserException {
        show(COMPLAINTS, line + "\n");
    }

    /** Writes a text; one longer than goes at once goes in pieces. */
    void show(int fd, String text) throws UserException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int done = 0; done < bytes.length; done += OUTPUT_SIZE) {
            int part = Math.min(OUTPUT_SIZE, bytes.length - done);
            System.arraycopy(bytes, done, memory, OUTPUT, part);
            call("write", SystemCall.WRITE, fd, OUTPUT, part, 0);
        }
    }

    /** Prints what {@link #read} has put into {@link #BUFFER}. */
    void printBuffer(int length) throws UserException {
        write(RESULTS, length);
    }

    private void onPath(SystemCall call, String path) throws UserException {
        int length = text(FIRST_TEXT, path);
        call(path, call, FIRST_TEXT, length, 0, 0);
    }

    private Status status() {
        return new Status(
                text(STRUCTURE + Layout.STATUS_NAME, fields.getInt(STRUCTURE + Layout.STATUS_NAME_LENGTH)),
                (fields.getInt(STRUCTURE + Layout.STATUS_FLAGS) & Layout.STATUS_FLAG_DIRECTORY) != 0,
                fields.getLong(STRUCTURE + Layout.STATUS_SIZE),
                fields.getLong(STRUCTURE + Layout.STATUS_MODIFIED));
    }

    int text(int address, String text) throws UserException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > SECOND_TEXT - FIRST_TEXT) {
            throw new UserException("too long: " + text.substring(0, 40) + "...", Errno.INVALID_ARGUMENT);
        }
        System.arraycopy(bytes, 0, memory, address, bytes.length);
        return bytes.length;
    }

    String text(int address, int length) {
        return new String(memory, address, length, StandardCharsets.UTF_8);
    }

    /** Makes a system call; {@code what} is for the message if it fails. */
    long call(String what, SystemCall call, long a0, long a1, long a2, long a3) throws UserException {
        return check(what, gate.call(call.number(), a0, a1, a2, a3));
    }

    private static long check(String what, long result) throws UserException {
        if (result < 0) {
            Errno errno = Errno.of(result);
            throw new UserException(errno.text() + ": " + what, errno);
        }
        return result;
    }
}
