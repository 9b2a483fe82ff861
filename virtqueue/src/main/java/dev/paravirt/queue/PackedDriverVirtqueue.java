// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;
final class PackedDriverVirtqueue extends DriverVirtqueue {
    PackedDriverVirtqueue(int index, int size, VirtqueueFormat format, DriverMemory parts) { super(index, size); }
    @Override public long descriptorArea() { throw new UnsupportedOperationException(); }
    @Override public long driverArea() { throw new UnsupportedOperationException(); }
    @Override public long deviceArea() { throw new UnsupportedOperationException(); }
    @Override public int free() { throw new UnsupportedOperationException(); }
    @Override public boolean add(BufferChain chain, int token) { throw new UnsupportedOperationException(); }
    @Override public boolean addReadable(long address, int length, int token) { throw new UnsupportedOperationException(); }
    @Override public boolean addWritable(long address, int length, int token) { throw new UnsupportedOperationException(); }
    @Override public boolean publish() { throw new UnsupportedOperationException(); }
    @Override public int notificationData() { throw new UnsupportedOperationException(); }
    @Override public int poll() { throw new UnsupportedOperationException(); }
    @Override public int usedLength() { throw new UnsupportedOperationException(); }
    @Override public void disableUsedNotifications() { throw new UnsupportedOperationException(); }
    @Override public boolean enableUsedNotifications() { throw new UnsupportedOperationException(); }
    @Override public void reset() { throw new UnsupportedOperationException(); }
}
