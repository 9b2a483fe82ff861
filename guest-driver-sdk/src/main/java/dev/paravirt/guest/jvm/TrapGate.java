// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.trap.Exit;

/**
 * Ports and device registers of which each access is an exit, made over the way that hypercalls go. Strings go through a
 * page of guest memory, at most a page an exit. For one thread.
 */
public final class TrapGate implements PortGate {
    private final JvmPlatform platform;
    private final DmaBuffer page;

    /** @param platform its calls go to a hypervisor that has a trapped machine */
    public TrapGate(JvmPlatform platform) {
        this.platform = platform;
        this.page = platform.allocate(Exit.MAX_STRING, Exit.MAX_STRING);
    }

    @Override
    public int in(int port, int width) {
        return (int) exit(Exit.PORT_IN, port, width, 0, 0);
    }

    @Override
    public void out(int port, int width, int value) {
        exit(Exit.PORT_OUT, port, width, Integer.toUnsignedLong(value), 0);
    }

    @Override
    public void inString(int port, int width, byte[] destination, int start, int length) {
        int done = 0;
        while (done < length) {
            int here = Math.min(length - done, Exit.MAX_STRING);
            exit(Exit.PORT_IN_STRING, port, width, here / width, page.address());
            page.get(0, destination, start + done, here);
            done += here;
        }
    }

    @Override
    public void outString(int port, int width, byte[] source, int start, int length) {
        int done = 0;
        while (done < length) {
            int here = Math.min(length - done, Exit.MAX_STRING);
            page.put(0, source, start + done, here);
            exit(Exit.PORT_OUT_STRING, port, width, here / width, page.address());
            done += here;
        }
    }

    /** The registers of the device at a guest-physical address, such as virtio-mmio's. */
    public RegisterGate registers(long gpa) {
        return new RegisterGate() {
            @Override
            public int read(int offset, int width) {
                return (int) exit(Exit.REGISTER_READ, gpa + offset, width, 0, 0);
            }

            @Override
            public void write(int offset, int width, int value) {
                exit(Exit.REGISTER_WRITE, gpa + offset, width, Integer.toUnsignedLong(value), 0);
            }
        };
    }

    private long exit(int number, long address, int width, long a2, long a3) {
        long result = platform.call(number, address, width, a2, a3);
        if (result < 0) {
            throw new IllegalStateException("an access to 0x" + Long.toHexString(address) + ", " + width
                    + " bytes wide, is not emulated: " + HypercallError.describe(result));
        }
        return result;
    }
}
