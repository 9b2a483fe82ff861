// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkLifetime;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import dev.paravirt.spec.blk.BlkStatus;

/**
 * Drives a block device (VIRTIO 1.4, "Block Device"). Sectors are always 512 bytes, whatever the block size.
 *
 * <p><b>Two ways to use it.</b> Blocking: {@link #read}, {@link #write} and so on return when the device is done.
 * Asynchronous: {@code submit...} puts a request into a queue and returns its token; {@link #kick} shows a batch of them
 * to the device; {@link #poll} takes completions in whatever order they come, and {@link #await} waits for one. Both may
 * be mixed. Data is not copied: the device accesses the buffers themselves, which belong to it until completion.
 *
 * <p><b>Order.</b> The device does requests in any order. A flush makes those writes durable that were completed before it
 * was submitted. Requests that overlap, one of which is a write, take effect in any order if they are under way together.
 *
 * <p><b>When a device fails</b>, because it asks for a reset, lets a request take too long, or writes nonsense into a queue,
 * the driver resets it, initializes it anew and makes the requests that were under way again. That is safe for reads,
 * writes, flushes, discards and write zeroes: each has the same effect done once or twice, a device that has been reset
 * no longer does what it was asked before, and until a request completes nobody may rely on what its sectors hold.
 * (If its write is repeated, someone who reads sectors that are being written may see them go back and forth.) A flush
 * that is repeated covers the same writes, as a reset is no power failure. A secure erase is not repeated: it may take
 * very long, wears the medium, and whoever asked for it wants to know. It fails, as does a request that has been
 * repeated too often already or that a smaller device no longer holds, with the status {@link BlockIoException#LOST}. A
 * device that does not complete its reset, or that makes no progress between resets, is given up: every request then
 * fails.
 *
 * <p><b>Threads.</b> For one thread at a time. Without automatic recovery ({@link BlockDriverOptions#automaticRecovery})
 * the asynchronous methods that name a queue need that for each queue alone, so that every thread can have a queue and an
 * interrupt line of its own; all others, and queue 0's {@link #await}, belong to one of these threads. Nothing is
 * allocated after the start, except for exceptions and where a method says so.
 */
public final class BlockDriver {
    /** What {@code submit...} returns if the queue has no room now: take completions first. */
    public static final int FULL = -1;

    /** What {@link #poll} returns if nothing has completed. */
    public static final int NONE = -1;

    private final BlockSession session;
    private final DmaBuffer scratch;
    private final String name;

    /**
     * Starts a device: from reset to DRIVER_OK.
     *
     * @throws DeviceException if it is no block device, cannot be driven, or fails on the way
     */
    public static BlockDriver start(Transport transport, Platform platform, BlockDriverOptions options)
            throws DeviceException {
        return new BlockDriver(
                new BlockSession(transport, platform, options), platform.allocate(BlkRequest.ID_SIZE, Long.BYTES));
    }

    private BlockDriver(BlockSession session, DmaBuffer scratch) {
        this.session = session;
        this.scratch = scratch;
        this.name = session.transport.name();
    }

    /** The device in words: "block device 0". */
    public String name() {
        return name;
    }

    /** The features that both sides have accepted. */
    public FeatureBits features() {
        return session.features;
    }

    /** What the device said of its blocks and of the size of requests. */
    public BlockLimits limits() {
        return session.limits;
    }

    /** Sectors. A device may grow or shrink; the driver notices when it waits. */
    public long capacity() {
        return session.capacity();
    }

    /** Whether every request that writes is refused. */
    public boolean readOnly() {
        return has(BlkFeatures.RO);
    }

    /** Whether writes are lost in a power failure unless flushed; if not, a flush does nothing. */
    public boolean needsFlush() {
        return has(BlkFeatures.FLUSH);
    }

    /** How many queues there are; they are numbered from 0. */
    public int queues() {
        return session.queues.length;
    }

    /** The most requests that can be under way in a queue; fewer if they are of many pieces and lie in the ring. */
    public int depth(int queue) {
        return session.queues[queue].depth();
    }

    /** Requests in a queue that were submitted and whose completion has not been seen. */
    public int underWay(int queue) {
        return session.queues[queue].underWay();
    }

    /** Available buffer notifications sent for a queue. */
    public long notifications(int queue) {
        return session.queues[queue].notifications;
    }

    /** Interrupts taken while waiting for a queue. */
    public long interrupts(int queue) {
        return session.queues[queue].interrupts;
    }

    /** Requests that the device has completed in a queue. */
    public long completions(int queue) {
        return session.queues[queue].completions;
    }

    /** How often the device was started over. */
    public long resets() {
        return session.resets();
    }

    private boolean has(int feature) {
        return session.features.has(feature);
    }

    /**
     * Submits a read into a buffer.
     *
     * @param queue 0 to {@code queues() - 1}
     * @param sector the first one
     * @param buffer whole sectors, at most {@code limits().maxTransferBytes()}
     * @return a token, 0 to {@code depth(queue) - 1}, or {@link #FULL}
     * @throws IllegalArgumentException if the buffer is not of such a size
     * @throws BlockIoException if it is beyond the end, or the device was given up
     */
    public int submitRead(int queue, long sector, DmaBuffer buffer) throws BlockIoException {
        return submitTransfer(session.queues[queue], BlkRequest.T_IN, sector, buffer.address(), buffer.size());
    }

    /**
     * Submits a read into several pieces of memory, all of them device-writable: whole sectors together, each piece of
     * any length. A piece above {@code limits().maxSegmentBytes()} counts as several; there are at most
     * {@code limits().maxSegments()}. The chain may be used again at once. As {@link #submitRead(int, long, DmaBuffer)}
     * otherwise.
     */
    public int submitRead(int queue, long sector, BufferChain pieces) throws BlockIoException {
        return submitPieces(session.queues[queue], BlkRequest.T_IN, sector, pieces);
    }

    /**
     * Submits a write; as {@link #submitRead(int, long, DmaBuffer)} otherwise.
     *
     * @throws BlockIoException also if the device is read-only
     */
    public int submitWrite(int queue, long sector, DmaBuffer buffer) throws BlockIoException {
        return submitTransfer(session.queues[queue], BlkRequest.T_OUT, sector, buffer.address(), buffer.size());
    }

    /** Submits a write from several pieces of memory, all of them device-readable; as for reads otherwise. */
    public int submitWrite(int queue, long sector, BufferChain pieces) throws BlockIoException {
        return submitPieces(session.queues[queue], BlkRequest.T_OUT, sector, pieces);
    }

    /** Submits a flush. It completes at once if the device needs none. */
    public int submitFlush(int queue) throws BlockIoException {
        RequestQueue requests = session.queues[queue];
        check(BlkRequest.T_FLUSH, 0, 0);
        int slot = requests.take();
        if (slot == RequestQueue.NONE) {
            return FULL;
        }
        requests.begin(slot, BlkRequest.T_FLUSH, 0, 0);
        if (!needsFlush()) {
            requests.settle(slot, BlkStatus.OK);
            return slot;
        }
        return finish(requests, slot);
    }

    /**
     * Submits a discard: the device may forget what the sectors hold.
     *
     * @param sectors 1 to {@code limits().maxDiscardSectors()}
     * @throws BlockIoException also if the device is read-only or does not discard
     */
    public int submitDiscard(int queue, long sector, long sectors) throws BlockIoException {
        return submitRange(session.queues[queue], BlkRequest.T_DISCARD, sector, sectors, 0);
    }

    /**
     * Submits a write of zeroes.
     *
     * @param sectors 1 to {@code limits().maxWriteZeroesSectors()}
     * @param unmap whether the device may give the space back
     * @throws BlockIoException also if the device is read-only or cannot do it
     */
    public int submitWriteZeroes(int queue, long sector, long sectors, boolean unmap) throws BlockIoException {
        int flags = unmap ? BlkSegment.FLAG_UNMAP : 0;
        return submitRange(session.queues[queue], BlkRequest.T_WRITE_ZEROES, sector, sectors, flags);
    }

    /**
     * Submits a secure erase.
     *
     * @param sectors 1 to {@code limits().maxSecureEraseSectors()}
     * @throws BlockIoException also if the device is read-only or cannot do it
     */
    public int submitSecureErase(int queue, long sector, long sectors) throws BlockIoException {
        return submitRange(session.queues[queue], BlkRequest.T_SECURE_ERASE, sector, sectors, 0);
    }

    private int submitTransfer(RequestQueue queue, int type, long sector, long address, int length)
            throws BlockIoException {
        checkTransfer(type, sector, length);
        int slot = queue.take();
        if (slot == RequestQueue.NONE) {
            return FULL;
        }
        beginTransfer(queue, slot, type, sector, address, length);
        return finish(queue, slot);
    }

    private void beginTransfer(RequestQueue queue, int slot, int type, long sector, long address, int length) {
        queue.begin(slot, type, sector, length >>> BlkRequest.SECTOR_SHIFT);
        queue.append(slot, address, length, type == BlkRequest.T_IN, session.limits.maxSegmentBytes());
    }

    private int submitPieces(RequestQueue queue, int type, long sector, BufferChain pieces) throws BlockIoException {
        int length = checkPieces(type, pieces);
        checkTransfer(type, sector, length);
        int slot = queue.take();
        if (slot == RequestQueue.NONE) {
            return FULL;
        }
        queue.begin(slot, type, sector, length >>> BlkRequest.SECTOR_SHIFT);
        int most = session.limits.maxSegmentBytes();
        for (int piece = 0; piece < pieces.count(); piece++) {
            queue.append(slot, pieces.address(piece), pieces.length(piece), type == BlkRequest.T_IN, most);
        }
        return finish(queue, slot);
    }

    private int submitRange(RequestQueue queue, int type, long sector, long sectors, int flags)
            throws BlockIoException {
        checkRange(type, sector, sectors);
        int slot = queue.take();
        if (slot == RequestQueue.NONE) {
            return FULL;
        }
        queue.begin(slot, type, sector, sectors);
        queue.appendSegment(slot, flags);
        return finish(queue, slot);
    }

    private static int finish(RequestQueue queue, int slot) {
        queue.end(slot);
        if (queue.add(slot)) {
            return slot;
        }
        queue.release(slot);
        return FULL;
    }

    /** Returns the length in bytes. */
    private int checkPieces(int type, BufferChain pieces) {
        boolean readable = type == BlkRequest.T_OUT;
        if (pieces.readableCount() != (readable ? pieces.count() : 0)) {
            throw new IllegalArgumentException("the device " + (readable ? "reads" : "writes") + " all pieces of a "
                    + BlkRequest.describeType(type));
        }
        long length = 0;
        long segments = 0;
        int most = session.limits.maxSegmentBytes();
        for (int piece = 0; piece < pieces.count(); piece++) {
            length += pieces.length(piece);
            segments += (pieces.length(piece) - 1L) / most + 1;
        }
        if (segments > session.limits.maxSegments()) {
            throw new IllegalArgumentException(segments + " pieces of at most " + most + " bytes in a request; " + name
                    + " takes " + session.limits.maxSegments());
        }
        return (int) Math.min(length, Integer.MAX_VALUE);
    }

    private void checkTransfer(int type, long sector, int length) throws BlockIoException {
        if (length <= 0 || length % BlkRequest.SECTOR_SIZE != 0 || length > session.limits.maxTransferBytes()) {
            throw new IllegalArgumentException(length + " bytes in a request; " + name + " takes whole sectors of "
                    + BlkRequest.SECTOR_SIZE + ", at most " + session.limits.maxTransferBytes() + " bytes");
        }
        check(type, sector, length >>> BlkRequest.SECTOR_SHIFT);
    }

    private void checkRange(int type, long sector, long sectors) throws BlockIoException {
        long most = switch (type) {
            case BlkRequest.T_DISCARD -> session.limits.maxDiscardSectors();
            case BlkRequest.T_WRITE_ZEROES -> session.limits.maxWriteZeroesSectors();
            default -> session.limits.maxSecureEraseSectors();
        };
        if (sectors < 1 || sectors > most) {
            throw new IllegalArgumentException("1 to " + most + " sectors, not " + sectors);
        }
        check(type, sector, sectors);
    }

    /** Refuses what the device would, and everything once it was given up. */
    private void check(int type, long sector, long sectors) throws BlockIoException {
        String failure = session.failure();
        if (failure == null) {
            failure = session.broken();
        }
        if (failure != null) {
            throw refuse(type, sector, failure);
        }
        int feature = switch (type) {
            case BlkRequest.T_DISCARD -> BlkFeatures.DISCARD;
            case BlkRequest.T_WRITE_ZEROES -> BlkFeatures.WRITE_ZEROES;
            case BlkRequest.T_SECURE_ERASE -> BlkFeatures.SECURE_ERASE;
            case BlkRequest.T_GET_LIFETIME -> BlkFeatures.LIFETIME;
            default -> -1;
        };
        if (feature >= 0 && !has(feature)) {
            throw refuse(type, sector, BlkFeatures.name(feature) + " was not negotiated");
        }
        if (readOnly() && writes(type)) {
            throw refuse(type, sector, "the device is read-only");
        }
        if (sector < 0 || sector > capacity() - sectors) {
            throw refuse(type, sector, sectors + " sectors from there on, but the device has " + capacity());
        }
    }

    private static boolean writes(int type) {
        return type == BlkRequest.T_OUT
                || type == BlkRequest.T_DISCARD
                || type == BlkRequest.T_WRITE_ZEROES
                || type == BlkRequest.T_SECURE_ERASE;
    }

    private BlockIoException refuse(int type, long sector, String reason) {
        return new BlockIoException(name, type, sector, BlockIoException.NOT_MADE, reason);
    }

    /**
     * Makes everything that was submitted to a queue visible to the device and notifies it if it wants that: once a
     * batch.
     *
     * @return whether a notification was sent
     */
    public boolean kick(int queue) {
        return session.kick(session.queues[queue]);
    }

    /**
     * Takes the next completion of a queue, without waiting.
     *
     * @return its token, or {@link #NONE}
     */
    public int poll(int queue) {
        RequestQueue requests = session.queues[queue];
        if (!requests.hasDone()) {
            session.harvest(requests);
        }
        return requests.takeDone();
    }

    /**
     * Waits until {@link #poll} has a completion.
     *
     * @param timeoutNanos 0 for not at all, negative for ever: requests time out by themselves
     * @return false if time ran out, or nothing is under way
     */
    public boolean await(int queue, long timeoutNanos) {
        RequestQueue requests = session.queues[queue];
        if (!requests.hasDone()) {
            boolean happened = session.waitFor(requests, timeoutNanos);
            return happened && requests.hasDone();
        }
        return true;
    }

    /**
     * What became of the request whose token {@link #poll} returned; valid until the next submission to that queue.
     *
     * @return {@link BlkStatus#OK} or another {@link BlkStatus}, or {@link BlockIoException#LOST} or
     *     {@link BlockIoException#ABANDONED}
     */
    public int status(int queue, int token) {
        return session.queues[queue].status(token);
    }

    /** What {@link #status} says, as an exception for someone to throw. Allocates it. */
    public BlockIoException failure(int queue, int token) {
        return failure(session.queues[queue], token);
    }

    private BlockIoException failure(RequestQueue queue, int slot) {
        int status = queue.status(slot);
        String because = session.failure();
        return new BlockIoException(
                name,
                queue.type(slot),
                queue.sector(slot),
                status,
                BlockIoException.describe(status) + (status < 0 && because != null ? " (" + because + ")" : ""));
    }

    /**
     * Asks for an interrupt when the next request of a queue completes: for an operating system that waits for several
     * drivers at once by itself. {@link #await} does so on its own.
     *
     * @return whether nothing has completed yet, so that waiting is safe; if not, {@link #poll}
     */
    public boolean enableInterrupt(int queue) {
        RequestQueue requests = session.queues[queue];
        return !requests.hasDone() && requests.ring.enableUsedNotifications();
    }

    /** Asks for no interrupts any more, as from the start; some may still come. */
    public void disableInterrupt(int queue) {
        session.queues[queue].ring.disableUsedNotifications();
    }

    /**
     * Tells the driver of an interrupt that the operating system has taken itself, where lines are shared between
     * drivers or handled in one place.
     *
     * @param reasons as {@link Platform#waitForInterrupt} returns them
     */
    public void interrupted(int reasons) {
        session.interrupted(reasons);
    }

    /**
     * Whether the device has failed and waits for {@link #recover}. Only without automatic recovery; until then
     * submissions fail, nothing completes, and {@link #await} returns.
     */
    public boolean needsRecovery() {
        return session.broken() != null;
    }

    /** Starts a device that has failed over. No other thread is inside of this driver meanwhile. */
    public void recover() {
        session.recover();
    }

    /**
     * Reads whole sectors, in as many requests as it takes, and waits for them.
     *
     * @throws IllegalArgumentException if the buffer is not of whole sectors
     * @throws BlockIoException if the device fails to, or they are beyond the end; the buffer's contents are undefined
     */
    public void read(long sector, DmaBuffer buffer) throws BlockIoException {
        transfer(BlkRequest.T_IN, sector, buffer);
    }

    /** Writes whole sectors, in as many requests as it takes, and waits for them; as {@link #read} otherwise. */
    public void write(long sector, DmaBuffer buffer) throws BlockIoException {
        transfer(BlkRequest.T_OUT, sector, buffer);
    }

    private void transfer(int type, long sector, DmaBuffer buffer) throws BlockIoException {
        int size = buffer.size();
        if (size % BlkRequest.SECTOR_SIZE != 0) {
            throw new IllegalArgumentException(size + " bytes are not whole sectors of " + BlkRequest.SECTOR_SIZE);
        }
        check(type, sector, size >>> BlkRequest.SECTOR_SHIFT);
        RequestQueue queue = session.queues[0];
        int done = 0;
        while (done < size) {
            int length = Math.min(size - done, session.limits.maxTransferBytes());
            long at = sector + (done >>> BlkRequest.SECTOR_SHIFT);
            beginTransfer(queue, queue.reserved(), type, at, buffer.address() + done, length);
            complete(queue);
            done += length;
        }
    }

    /** Makes every completed write durable and waits for that. */
    public void flush() throws BlockIoException {
        check(BlkRequest.T_FLUSH, 0, 0);
        if (needsFlush()) {
            RequestQueue queue = session.queues[0];
            queue.begin(queue.reserved(), BlkRequest.T_FLUSH, 0, 0);
            complete(queue);
        }
    }

    /** Discards sectors, as {@link #submitDiscard} does, and waits for it. */
    public void discard(long sector, long sectors) throws BlockIoException {
        range(BlkRequest.T_DISCARD, sector, sectors, 0);
    }

    /** Writes zeroes, as {@link #submitWriteZeroes} does, and waits for it. */
    public void writeZeroes(long sector, long sectors, boolean unmap) throws BlockIoException {
        range(BlkRequest.T_WRITE_ZEROES, sector, sectors, unmap ? BlkSegment.FLAG_UNMAP : 0);
    }

    /** Erases sectors, as {@link #submitSecureErase} does, and waits for it. */
    public void secureErase(long sector, long sectors) throws BlockIoException {
        range(BlkRequest.T_SECURE_ERASE, sector, sectors, 0);
    }

    private void range(int type, long sector, long sectors, int flags) throws BlockIoException {
        checkRange(type, sector, sectors);
        RequestQueue queue = session.queues[0];
        queue.begin(queue.reserved(), type, sector, sectors);
        queue.appendSegment(queue.reserved(), flags);
        complete(queue);
    }

    /** The device's name for itself: up to 20 characters, those that are not printable ASCII as '?'. Allocates it. */
    public String deviceId() throws BlockIoException {
        ask(BlkRequest.T_GET_ID, BlkRequest.ID_SIZE);
        StringBuilder id = new StringBuilder(BlkRequest.ID_SIZE);
        for (int i = 0; i < BlkRequest.ID_SIZE; i++) {
            int character = scratch.getByte(i);
            if (character == 0) {
                break;
            }
            id.append(character >= ' ' && character <= '~' ? (char) character : '?');
        }
        return id.toString();
    }

    /** How worn the medium is. Allocates the answer. */
    public BlockLifetime lifetime() throws BlockIoException {
        ask(BlkRequest.T_GET_LIFETIME, BlkLifetime.SIZE);
        return new BlockLifetime(
                scratch.getShort(BlkLifetime.PRE_EOL_INFO_FIELD) & 0xffff,
                scratch.getShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_A) & 0xffff,
                scratch.getShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_B) & 0xffff);
    }

    private void ask(int type, int length) throws BlockIoException {
        check(type, 0, 0);
        scratch.fill(0, scratch.size(), (byte) 0);
        RequestQueue queue = session.queues[0];
        queue.begin(queue.reserved(), type, 0, 0);
        queue.append(queue.reserved(), scratch.address(), length, true, session.limits.maxSegmentBytes());
        complete(queue);
    }

    /** Puts the blocking call's request into the ring, waits for it and takes it. */
    private void complete(RequestQueue queue) throws BlockIoException {
        int slot = queue.reserved();
        queue.end(slot);
        while (!queue.add(slot)) {
            session.kick(queue);
            boolean happened = session.waitFor(queue, -1);
            checkAlive(queue, happened);
        }
        session.kick(queue);
        while (!queue.isDone(slot)) {
            boolean happened = session.waitFor(queue, -1);
            if (!happened && session.broken() != null) {
                session.recover();
            }
        }
        if (queue.takeReserved() != BlkStatus.OK) {
            throw failure(queue, slot);
        }
    }

    private void checkAlive(RequestQueue queue, boolean happened) throws BlockIoException {
        if (session.broken() != null) {
            session.recover();
        }
        String failure = session.failure();
        if (failure != null) {
            throw refuse(queue.type(queue.reserved()), queue.sector(queue.reserved()), failure);
        }
        if (!happened && queue.underWay() == 0) {
            throw new IllegalStateException("a queue with nothing in it has no room for one request");
        }
    }

    /**
     * Switches the device's write cache between writeback and writethrough.
     *
     * @return whether it now writes back, and so needs flushes
     * @throws IllegalStateException if CONFIG_WCE was not negotiated
     */
    public boolean setWriteback(boolean writeback) throws DeviceException {
        if (!has(BlkFeatures.CONFIG_WCE)) {
            throw new IllegalStateException(name + ": VIRTIO_BLK_F_CONFIG_WCE was not negotiated");
        }
        return session.setWriteback(writeback ? BlkConfig.WRITEBACK_CACHE : BlkConfig.WRITETHROUGH);
    }

    /**
     * Resets the device for good. What is under way completes as {@link BlockIoException#LOST}.
     *
     * @throws DeviceException if it does not complete the reset: memory given to it is not to be used again
     */
    public void stop() throws DeviceException {
        session.stop();
    }
}
