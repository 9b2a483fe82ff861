// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.fat32.FileSystemException;
import dev.paravirt.toyos.net.NetworkException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where programs enter the kernel. Nothing that a program passes is trusted, and nothing but a number comes back: not an
 * object, not an exception.
 */
final class SystemCalls {
    private final Scheduler scheduler;
    private final Machine machine;
    private final Console console;
    private final FileCalls files;
    private final ProgramLoader loader;
    private final WorkloadCall workload;
    private final SocketCalls sockets;
    private final NetworkCalls networkCalls;

    SystemCalls(
            Scheduler scheduler,
            Machine machine,
            Console console,
            FileCalls files,
            ProgramLoader loader,
            WorkloadCall workload,
            @Nullable Network network) {
        this.scheduler = scheduler;
        this.machine = machine;
        this.console = console;
        this.files = files;
        this.loader = loader;
        this.workload = workload;
        sockets = new SocketCalls(network, scheduler);
        networkCalls = new NetworkCalls(network);
    }

    long call(Process process, int number, long a0, long a1, long a2, long a3) {
        SystemCall call = SystemCall.of(number);
        if (call == null) {
            return Errno.NO_SUCH_CALL.result();
        }
        try {
            return dispatch(process, call, a0, a1, a2, a3);
        } catch (SystemCallException failed) {
            return failed.errno().result();
        } catch (FileSystemException failed) {
            return errno(failed.reason()).result();
        } catch (NetworkException failed) {
            return errno(failed.reason()).result();
        } catch (IOException failed) {
            // A program learns just a number; what it was about is for whoever reads the console.
            console.line("kernel: " + call + " failed: " + failed.getMessage());
            return Errno.IO_ERROR.result();
        }
    }

    private long dispatch(Process process, SystemCall call, long a0, long a1, long a2, long a3)
            throws IOException, SystemCallException {
        UserMemory memory = process.memory;
        return switch (call) {
            case EXIT -> throw new ProgramExit((int) a0);
            case OPEN -> files.open(process, memory.text(a0, a1), a2);
            case CLOSE -> close(process, a0);
            case READ -> process.isSocket(a0) ? sockets.read(process, a0, a1, a2) : files.read(process, a0, a1, a2);
            case WRITE -> process.isSocket(a0) ? sockets.write(process, a0, a1, a2) : files.write(process, a0, a1, a2);
            case SEEK -> files.seek(process, a0, a1);
            case TRUNCATE -> files.truncate(process, a0, a1);
            case STAT -> files.stat(process, memory.text(a0, a1), a2, a3);
            case READDIR -> files.readDirectory(process, a0, a1, a2);
            case RENAME -> {
                String from = memory.text(a0, a1);
                String to = memory.text(a2, a3);
                yield files.change(volume -> volume.rename(from, to, true));
            }
            case UNLINK -> {
                String path = memory.text(a0, a1);
                yield files.change(volume -> volume.delete(path));
            }
            case MKDIR -> {
                String path = memory.text(a0, a1);
                yield files.change(volume -> volume.makeDirectory(path));
            }
            case RMDIR -> {
                String path = memory.text(a0, a1);
                yield files.change(volume -> volume.removeDirectory(path));
            }
            case SYNC -> files.change(volume -> volume.sync());
            case STATFS -> files.space(process, a0);
            case CLOCK -> a0 == 0 ? machine.monotonicNanos() : machine.epochMillis();
            case YIELD -> {
                scheduler.yield();
                yield 0;
            }
            case SLEEP -> {
                scheduler.sleep(a0);
                yield 0;
            }
            case TASK -> task(memory, a0, a1, a2);
            case SPAWN -> spawn(process, memory.text(a0, a1));
            case WAIT -> await(process, a0);
            case WORKLOAD -> workload.run(memory, a0);
            case CONNECT -> sockets.connect(process, a0, a1, a2);
            case LISTEN -> sockets.listen(process, a0, a1);
            case ACCEPT -> sockets.accept(process, a0, a1);
            case BIND -> sockets.bind(process, a0);
            case SEND -> sockets.send(process, a0, a1, a2, a3);
            case RECEIVE -> sockets.receive(process, a0, a1, a2, a3);
            case SHUTDOWN -> sockets.shutDown(process, a0);
            case TIMEOUT -> sockets.timeout(process, a0, a1);
            case POLL -> sockets.poll(process, a0, a1, a2);
            case ENDPOINTS -> sockets.endpoints(process, a0, a1);
            case RESOLVE -> networkCalls.resolve(memory, memory.text(a0, a1), a2, a3);
            case PING -> networkCalls.ping(a0, a1, a2);
            case INTERFACE -> networkCalls.status(memory, a0, a1);
            case COUNTER -> networkCalls.counter(memory, a0, a1, a2);
        };
    }

    private static long close(Process process, long fd) throws SystemCallException {
        if (fd == Process.CONSOLE) {
            throw new SystemCallException(Errno.BAD_DESCRIPTOR);
        }
        process.close(fd);
        return 0;
    }

    private long spawn(Process process, String commandLine) throws SystemCallException {
        Task task = loader.start(commandLine);
        process.children.put(task.number(), task);
        return task.number();
    }

    private long await(Process process, long number) throws SystemCallException {
        Task child = process.children.remove((int) number);
        if (child == null) {
            throw new SystemCallException(Errno.NO_CHILD);
        }
        return scheduler.join(child) & 0xFF;
    }

    private long task(UserMemory memory, long index, long address, long size) throws SystemCallException {
        List<Task> tasks = scheduler.tasks();
        if (index < 0 || index >= tasks.size()) {
            return 0;
        }
        Task task = tasks.get((int) index);
        memory.check(address, size);
        int name = memory.putText(
                address + Layout.TASK_NAME_LENGTH, address + Layout.TASK_NAME, task.name(), address + size);
        memory.putInt(address + Layout.TASK_NUMBER, task.number());
        memory.putInt(address + Layout.TASK_STATE, task.state().ordinal());
        memory.putLong(address + Layout.TASK_SWITCHES, task.switches());
        memory.putLong(address + Layout.TASK_CPU_TIME, task.cpuNanos());
        return Layout.TASK_NAME + (long) name;
    }

    private static Errno errno(NetworkException.Reason reason) {
        return switch (reason) {
            case INVALID -> Errno.INVALID_ARGUMENT;
            case IN_USE -> Errno.ADDRESS_IN_USE;
            case TOO_MANY -> Errno.TOO_MANY_FILES;
            case UNREACHABLE -> Errno.UNREACHABLE;
            case REFUSED -> Errno.CONNECTION_REFUSED;
            case RESET -> Errno.CONNECTION_RESET;
            case TIMED_OUT -> Errno.TIMED_OUT;
            case CLOSED -> Errno.NOT_CONNECTED;
            case TOO_LONG -> Errno.MESSAGE_TOO_LONG;
            case NO_SUCH_NAME -> Errno.NO_SUCH_HOST;
        };
    }

    private static Errno errno(FileSystemException.Reason reason) {
        return switch (reason) {
            case NOT_FOUND -> Errno.NOT_FOUND;
            case ALREADY_EXISTS -> Errno.ALREADY_EXISTS;
            case NOT_A_DIRECTORY -> Errno.NOT_A_DIRECTORY;
            case IS_A_DIRECTORY -> Errno.IS_A_DIRECTORY;
            case NOT_EMPTY -> Errno.NOT_EMPTY;
            case NO_SPACE -> Errno.NO_SPACE;
            case TOO_LARGE -> Errno.TOO_LARGE;
            case READ_ONLY -> Errno.READ_ONLY;
            case INVALID_NAME, INVALID_ARGUMENT -> Errno.INVALID_ARGUMENT;
            case BUSY -> Errno.BUSY;
            case CORRUPT, NOT_FAT32 -> Errno.CORRUPT;
        };
    }
}
