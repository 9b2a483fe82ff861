// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;
import dev.paravirt.memory.GuestMemory;
final class PackedDeviceVirtqueue extends DeviceVirtqueue {
    PackedDeviceVirtqueue(GuestMemory memory, int size, VirtqueueFormat format, long d, long r, long u) { super(size); }
    @Override public DescriptorChain poll() { throw new UnsupportedOperationException(); }
    @Override public void push(DescriptorChain chain, long written) { throw new UnsupportedOperationException(); }
    @Override public boolean publish() { throw new UnsupportedOperationException(); }
    @Override public void disableAvailableNotifications() { throw new UnsupportedOperationException(); }
    @Override public boolean enableAvailableNotifications() { throw new UnsupportedOperationException(); }
    @Override public int outstanding() { throw new UnsupportedOperationException(); }
}
