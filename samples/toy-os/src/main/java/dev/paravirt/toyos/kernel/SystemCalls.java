// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.fat32.FileSystemException;
import dev.paravirt.toyos.net.NetworkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Where programs enter the kernel. Nothing that a program passes is trusted, and nothing but a number comes back: not an
 * object, not an exception. A program that was told to end does so here.
 */
final class SystemCalls {
    private final Scheduler scheduler;
    private final Console console;
    private final FileCalls files;
    private final ProcessCalls processes;
    private final TerminalCalls terminal;
    private final InformationCalls information;
    private final WorkloadCall workload;
    private final SocketCalls sockets;
    private final NetworkCalls network;

    SystemCalls(
            Scheduler scheduler,
            Console console,
            FileCalls files,
            ProcessCalls processes,
            TerminalCalls terminal,
            InformationCalls information,
            WorkloadCall workload,
            SocketCalls sockets,
            NetworkCalls network) {
        this.scheduler = scheduler;
        this.console = console;
        this.files = files;
        this.processes = processes;
        this.terminal = terminal;
        this.information = information;
        this.workload = workload;
        this.sockets = sockets;
        this.network = network;
    }

    long call(Process process, int number, long a0, long a1, long a2, long a3) {
        // The scheduler is cooperative: a program that never waits would keep the CPU, and hear no Ctrl-C, for ever.
        scheduler.yieldIfDue();
        endIfStopped();
        long result = perform(process, number, a0, a1, a2, a3);
        endIfStopped();
        return result;
    }

    private void endIfStopped() {
        Task self = scheduler.current();
        if (self.mustStop()) {
            throw new ProgramExit(self.stopStatus());
        }
    }

    private long perform(Process process, int number, long a0, long a1, long a2, long a3) {
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
        return switch (call) {
            case OPEN -> files.open(process, path(process, a0, a1), a2);
            case CLOSE -> {
                process.close(a0);
                yield 0;
            }
            case READ -> files.read(process, a0, a1, a2);
            case WRITE -> files.write(process, a0, a1, a2);
            case SEEK -> files.seek(process, a0, a1);
            case TRUNCATE -> files.truncate(process, a0, a1);
            case STAT -> files.stat(process, path(process, a0, a1), a2, a3);
            case READDIR -> files.readDirectory(process, a0, a1, a2);
            case RENAME, UNLINK, MKDIR, RMDIR -> change(process, call, path(process, a0, a1), a2, a3);
            case CHDIR -> files.changeDirectory(process, path(process, a0, a1));
            case GETCWD -> directory(process, a0, a1);
            case SYNC -> files.change(volume -> volume.sync());
            case STATFS -> files.space(process, a0);
            case WORKLOAD -> workload.run(process.memory, a0);
            default -> dispatchOther(process, call, a0, a1, a2, a3);
        };
    }

    private long dispatchOther(Process process, SystemCall call, long a0, long a1, long a2, long a3)
            throws IOException, SystemCallException {
        UserMemory memory = process.memory;
        return switch (call) {
            case EXIT -> throw new ProgramExit((int) a0);
            case CLOCK -> information.clock(a0);
            case YIELD -> {
                scheduler.yield();
                yield 0;
            }
            case SLEEP -> {
                scheduler.sleep(a0);
                yield 0;
            }
            case TASK -> processes.task(memory, a0, a1, a2);
            case SPAWN -> processes.spawn(process, memory.text(a0, a1));
            case START -> processes.start(process, memory.text(a0, a1), a2, a3);
            case WAIT -> processes.await(process, a0, a1);
            case KILL -> processes.kill(a0, a1);
            case PIPE -> processes.pipe(process, a0);
            case POWEROFF -> processes.powerOff(a0);
            case TERMINAL -> terminal.request(process, a0, a1);
            case REPORT -> information.report(memory, a0, a1);
            case LOG -> information.log(memory, a0, a1, a2);
            case DEVICE -> information.device(memory, a0, a1, a2);
            default -> dispatchNetwork(process, call, a0, a1, a2, a3);
        };
    }

    private long dispatchNetwork(Process process, SystemCall call, long a0, long a1, long a2, long a3)
            throws IOException, SystemCallException {
        UserMemory memory = process.memory;
        return switch (call) {
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
            case RESOLVE -> network.resolve(memory, memory.text(a0, a1), a2, a3);
            case PING -> network.ping(a0, a1, a2);
            case INTERFACE -> network.status(memory, a0, a1);
            case COUNTER -> network.counter(memory, a0, a1, a2);
            default -> throw new SystemCallException(Errno.NO_SUCH_CALL);
        };
    }

    private static String path(Process process, long address, long length) throws SystemCallException {
        return process.resolve(process.memory.text(address, length));
    }

    private long change(Process process, SystemCall call, String path, long a2, long a3)
            throws IOException, SystemCallException {
        return switch (call) {
            case RENAME -> {
                String to = path(process, a2, a3);
                yield files.change(path, volume -> volume.rename(path, to, true));
            }
            case UNLINK -> files.change(path, volume -> volume.delete(path));
            case MKDIR -> files.change(path, volume -> volume.makeDirectory(path));
            default -> files.change(path, volume -> volume.removeDirectory(path));
        };
    }

    private static long directory(Process process, long address, long size) throws SystemCallException {
        byte[] path = process.directory().getBytes(StandardCharsets.UTF_8);
        int start = process.memory.check(address, size);
        if (path.length > size) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        System.arraycopy(path, 0, process.memory.array(), start, path.length);
        return path.length;
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
