// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A terminal without a screen: what is written to the {@link #master} somebody reads who has opened the {@link #path}, and
 * the other way round. Bytes pass as they are unless that somebody changes the settings. Thread-safe.
 *
 * <p>This object has the path open itself. So nothing that was written is lost when a reader leaves, and the master does not
 * report an error while nobody is there; nor does it say whether somebody is.
 */
public final class PseudoTerminal implements AutoCloseable {
    private static final Path MULTIPLEXER = Path.of("/dev/ptmx");

    private final FileDescriptor master;
    private final FileDescriptor slave;
    private final Path path;

    private PseudoTerminal(FileDescriptor master, FileDescriptor slave, Path path) {
        this.master = master;
        this.slave = slave;
        this.path = path;
    }

    /**
     * Makes one.
     *
     * @throws LinuxException if the system has no more, or no devpts
     */
    public static PseudoTerminal open() throws LinuxException {
        Linux.require();
        FileDescriptor master = open(MULTIPLEXER);
        try (Arena local = Arena.ofConfined()) {
            MemorySegment word = local.allocate(4, 4);
            Ioctl.call(master, Constants.TIOCSPTLCK, word, MULTIPLEXER);
            Ioctl.call(master, Constants.TIOCGPTN, word, MULTIPLEXER);
            Path path = Path.of("/dev/pts/" + word.get(ValueLayout.JAVA_INT, 0));
            FileDescriptor slave = open(path);
            try {
                Terminal.of(slave).makeRaw(true);
                return new PseudoTerminal(master, slave, path);
            } catch (LinuxException failure) {
                slave.close();
                throw failure;
            }
        } catch (LinuxException failure) {
            master.close();
            throw failure;
        }
    }

    /** A terminal that this process opens must not become the one that controls it. */
    private static FileDescriptor open(Path path) throws LinuxException {
        int flags = Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_CLOEXEC | Constants.O_NONBLOCK;
        try (Arena local = Arena.ofConfined()) {
            MemorySegment name = local.allocateFrom(path.toString(), StandardCharsets.UTF_8);
            return FileDescriptor.adopt(LinuxException.check(Libc.open(name, flags, 0), "open", path));
        }
    }

    /** Our end. Reads and writes never wait. */
    public FileDescriptor master() {
        return master;
    }

    /** The reader's end, as the path leads to it. Reads and writes never wait. */
    public FileDescriptor slave() {
        return slave;
    }

    /** What a reader opens. */
    public Path path() {
        return path;
    }

    /** Bytes that were written to the master, have arrived, and that no reader has taken yet. */
    public int unread() throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment word = local.allocate(4, 4);
            Ioctl.call(slave, Constants.FIONREAD, word, path);
            return word.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** Hangs up: readers see the end, and lose what they have not read. */
    @Override
    public void close() {
        slave.close();
        master.close();
    }
}
