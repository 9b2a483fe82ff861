// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import java.io.IOException;

/** Another thread of this process. Works on any operating system. */
final class ThreadCarrier implements Carrier {
    @Override
    public String name() {
        return "thread";
    }

    @Override
    public String meaning() {
        return "the hypervisor is another thread of the guest's process; a hypercall, which needs no waiting there, is a"
                + " method call";
    }

    @Override
    public Starting start(MachineKind kind, Instrumentation instrumentation) throws IOException {
        return new Started(new GuestOfThread(kind, instrumentation));
    }

    private record Started(Guest guest) implements Starting {
        @Override
        public Guest await() {
            return guest;
        }

        @Override
        public void close() {
            try {
                guest.close();
            } catch (IOException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }
}
