// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A TAP device: a network interface of the kernel's whose cable ends here. Frames are Ethernet frames, each behind a
 * virtio-net header of {@link #HEADER} bytes, little-endian, in both directions.
 *
 * <p>The device can go at any time, as when somebody deletes it; the descriptor stays good, and {@link #attach} takes a
 * device of that name again. Reading is for one thread, writing for any; neither waits nor allocates.
 */
public final class Tap implements AutoCloseable {
    /** Bytes in front of each frame. */
    public static final int HEADER = 12;

    /** Bytes of the longest frame that there can be, with its header: an MTU of 65535 in a VLAN. */
    public static final int LONGEST = HEADER + 65535 + 14 + 4;

    /** Returned by {@link #read} when no frame waits. */
    public static final int NONE = -1;

    /** Returned by {@link #read} when there is no device any more, or none yet. */
    public static final int GONE = -2;

    /** Bit of {@link #offloads}: partial checksums. Without it, none of the others can be. */
    public static final int CSUM = 1;

    /** Bit of {@link #offloads}: TCP over IPv4 in large segments. */
    public static final int TSO4 = 2;

    /** Bit of {@link #offloads}: TCP over IPv6 in large segments. */
    public static final int TSO6 = 4;

    /** Bit of {@link #offloads}: such segments with ECN. */
    public static final int TSO_ECN = 8;

    /** Bits of {@link #offloads}: UDP over both in large segments; both or none. From Linux 6.2 on. */
    public static final int USO = 0x20 | 0x40;

    private static final Path CLONE_DEVICE = Path.of("/dev/net/tun");
    private static final short FLAGS = Constants.IFF_TAP | Constants.IFF_NO_PI | Constants.IFF_VNET_HDR;

    /** Where frames on the heap are copied to, for the kernel to read: one a thread that writes such. */
    private static final ThreadLocal<MemorySegment> FRAME_OF_THREAD =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(LONGEST, 8));

    private final String name;
    private final FileDescriptor descriptor;

    private Tap(String name, FileDescriptor descriptor) {
        this.name = name;
        this.descriptor = descriptor;
    }

    /**
     * Attaches to a TAP device. One that is not there is made, which needs CAP_NET_ADMIN, and goes with this object.
     *
     * @throws IllegalArgumentException if no interface can have this name
     * @throws LinuxException with the path {@code /dev/net/tun} if there is no such file here, or this user may not open
     *     it; else EPERM if the device is not this user's or cannot be made, EBUSY if another program has it, EINVAL if it
     *     is no TAP device, or one for several queues
     */
    public static Tap open(String name) throws LinuxException {
        Linux.require();
        checkName(name);
        int flags = Constants.O_RDWR | Constants.O_CLOEXEC | Constants.O_NONBLOCK;
        Tap tap = new Tap(name, PositionalFile.openDescriptor(CLONE_DEVICE, flags));
        try {
            tap.attach();
            return tap;
        } catch (LinuxException | RuntimeException failure) {
            tap.close();
            throw failure;
        }
    }

    /** @throws IllegalArgumentException if no interface can have this name */
    public static void checkName(String name) {
        boolean fits = name.getBytes(StandardCharsets.UTF_8).length < Constants.IFNAMSIZ;
        // A percent sign would ask the kernel to find a number.
        if (!fits || !name.matches("[^/\\s:%\\p{Cntrl}]+") || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException(
                    "the name of a network interface has 1 to 15 bytes, no blanks and no / : or %, unlike \"" + name
                            + "\"");
        }
    }

    /** An ifreq that names an interface. */
    static MemorySegment request(Arena arena, String name) {
        MemorySegment request = arena.allocate(Constants.IFREQ_SIZE_OF_STRUCT, 8);
        request.setString(0, name);
        return request;
    }

    /**
     * Takes the device again, after {@link #GONE}; without offloads. As {@link #open}, it makes one where there is none.
     *
     * @throws LinuxException as {@link #open}
     */
    public void attach() throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment request = request(local, name);
            request.set(ValueLayout.JAVA_SHORT, Constants.IFREQ_FLAGS_OFFSET, FLAGS);
            call(Constants.TUNSETIFF, request, "ioctl(TUNSETIFF)");
            MemorySegment size = local.allocateFrom(ValueLayout.JAVA_INT, HEADER);
            call(Constants.TUNSETVNETHDRSZ, size, "ioctl(TUNSETVNETHDRSZ)");
        }
        offloads(0);
    }

    private void call(long request, MemorySegment argument, String operation) throws LinuxException {
        int result = Libc.ioctl(descriptor.number(), request, argument);
        LinuxException.check(result, operation + " of TAP device " + name, null);
    }

    /**
     * What frames may be read that ask for more than to be taken as they are. What is written may ask for all of it
     * always.
     *
     * @throws LinuxException EINVAL if this kernel does not know one, EBADFD if the device is gone
     */
    public void offloads(int bits) throws LinuxException {
        int result = Libc.ioctlWord(descriptor.number(), Constants.TUNSETOFFLOAD, bits);
        LinuxException.check(result, "ioctl(TUNSETOFFLOAD) of TAP device " + name, null);
    }

    /** Returns the descriptor, readable when a frame waits, in error when the device is gone; this goes on owning it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Reads a frame with its header.
     *
     * @param buffer native memory; of a longer frame the rest is lost. The last two bytes of the header stay as they are
     * @return bytes read, {@link #NONE} or {@link #GONE}
     */
    public int read(MemorySegment buffer) throws LinuxException {
        long count;
        do {
            count = Libc.read(descriptor.number(), buffer, buffer.byteSize());
        } while (count == -Errno.EINTR);
        if (count == -Errno.EAGAIN) {
            return NONE;
        }
        if (count == -Errno.EBADFD) {
            return GONE;
        }
        return (int) LinuxException.check(count, "read of TAP device " + name, null);
    }

    /**
     * Writes a frame with its header.
     *
     * @param frame native memory
     * @return false if the kernel did not take it: the device is down or gone, or has no room, or the header makes no sense
     */
    public boolean write(MemorySegment frame) {
        return write(frame, frame.byteSize());
    }

    /**
     * Writes a frame with its header, as {@link #write(MemorySegment)}.
     *
     * @param length at most {@link #LONGEST}
     */
    public boolean write(byte[] array, int start, int length) {
        MemorySegment frame = FRAME_OF_THREAD.get();
        MemorySegment.copy(array, start, frame, ValueLayout.JAVA_BYTE, 0, length);
        return write(frame, length);
    }

    private boolean write(MemorySegment frame, long length) {
        long count;
        do {
            count = Libc.write(descriptor.number(), frame, length);
        } while (count == -Errno.EINTR);
        return count >= 0;
    }

    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
