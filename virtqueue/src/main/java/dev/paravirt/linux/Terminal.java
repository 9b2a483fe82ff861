// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The settings of a terminal. They belong to the terminal and not to this process: whoever changes them puts them back with
 * {@link #restore}, or the user's shell has them. Thread-safe.
 */
public final class Terminal {
    private static final int WINSIZE_SIZE = 8;

    private final FileDescriptor descriptor;
    private final byte[] before;
    private boolean raw;

    private Terminal(FileDescriptor descriptor, byte[] before) {
        this.descriptor = descriptor;
        this.before = before;
    }

    /** Whether a descriptor leads to a terminal, rather than to a file, a pipe or a socket. */
    public static boolean isTerminal(FileDescriptor descriptor) {
        Linux.require();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment termios = local.allocate(Constants.TERMIOS_SIZE_OF_STRUCT, 8);
            return Libc.ioctl(descriptor.number(), Constants.TCGETS, termios) >= 0;
        }
    }

    /**
     * Notes the settings that are to be restored.
     *
     * @param descriptor is not owned by this object, and stays open as long as it is used
     * @throws LinuxException if that is no terminal
     */
    public static Terminal of(FileDescriptor descriptor) throws LinuxException {
        Linux.require();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment termios = local.allocate(Constants.TERMIOS_SIZE_OF_STRUCT, 8);
            Ioctl.call(descriptor, Constants.TCGETS, termios, null);
            return new Terminal(descriptor, termios.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /**
     * Every key comes at once and as it is, also those that would edit a line or send a signal, and nothing is echoed.
     *
     * @param outputToo whether output is left as it is too; otherwise a line feed still returns the carriage, as the
     *     settings before may have said
     */
    public synchronized void makeRaw(boolean outputToo) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment termios = local.allocate(Constants.TERMIOS_SIZE_OF_STRUCT, 8);
            MemorySegment.copy(before, 0, termios, ValueLayout.JAVA_BYTE, 0, before.length);
            int input = Constants.BRKINT | Constants.PARMRK | Constants.INPCK | Constants.ISTRIP;
            input |= Constants.INLCR | Constants.IGNCR | Constants.ICRNL | Constants.IXON;
            change(termios, Constants.TERMIOS_IFLAG_OFFSET, input, 0);
            change(termios, Constants.TERMIOS_OFLAG_OFFSET, outputToo ? Constants.OPOST : 0, 0);
            change(termios, Constants.TERMIOS_CFLAG_OFFSET, Constants.CSIZE | Constants.PARENB, Constants.CS8);
            int keys = Constants.ISIG | Constants.ICANON | Constants.ECHO | Constants.ECHONL | Constants.IEXTEN;
            change(termios, Constants.TERMIOS_LFLAG_OFFSET, keys, 0);
            termios.set(ValueLayout.JAVA_BYTE, Constants.TERMIOS_CC_OFFSET + Constants.VMIN, (byte) 1);
            termios.set(ValueLayout.JAVA_BYTE, Constants.TERMIOS_CC_OFFSET + Constants.VTIME, (byte) 0);
            Ioctl.call(descriptor, Constants.TCSETS, termios, null);
            raw = true;
        }
    }

    private static void change(MemorySegment termios, int offset, int off, int on) {
        int flags = termios.get(ValueLayout.JAVA_INT, offset);
        termios.set(ValueLayout.JAVA_INT, offset, (flags & ~off) | on);
    }

    /** Puts the settings back as they were before {@link #makeRaw}; does nothing without it, or a second time. */
    public synchronized void restore() throws LinuxException {
        if (raw) {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment termios = local.allocate(Constants.TERMIOS_SIZE_OF_STRUCT, 8);
                MemorySegment.copy(before, 0, termios, ValueLayout.JAVA_BYTE, 0, before.length);
                Ioctl.call(descriptor, Constants.TCSETS, termios, null);
            }
            raw = false;
        }
    }

    /** How large the terminal is now. */
    public WindowSize size() throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment winsize = local.allocate(WINSIZE_SIZE, 8);
            Ioctl.call(descriptor, Constants.TIOCGWINSZ, winsize, null);
            int rows = winsize.get(ValueLayout.JAVA_SHORT, 0) & 0xffff;
            return new WindowSize(winsize.get(ValueLayout.JAVA_SHORT, 2) & 0xffff, rows);
        }
    }

    /** Changes the size; those who work in the terminal learn of it by SIGWINCH. */
    public void resize(WindowSize size) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment winsize = local.allocate(WINSIZE_SIZE, 8);
            winsize.set(ValueLayout.JAVA_SHORT, 0, (short) size.rows());
            winsize.set(ValueLayout.JAVA_SHORT, 2, (short) size.columns());
            Ioctl.call(descriptor, Constants.TIOCSWINSZ, winsize, null);
        }
    }
}
