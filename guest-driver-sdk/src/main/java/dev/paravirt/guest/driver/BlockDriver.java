// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
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
 * <p><b>When a device is lost</b> ({@link Transport#loss}), it is reset as well, and the same becomes of the requests. But
 * such a reset counts neither as one in vain nor among the repetitions of a request: the driver goes on however often a
 * device is lost, and gives up only if there will be no other, or one with other properties. Whoever waits then waits for
 * the device, too; {@link #poll} finds nothing until it is there again, and then takes the reset upon itself.
 *
 * <p><b>Threads.</b> For one thread at a time. Without automatic recovery ({@link BlockDriverOptions#withRecovery})
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
    private final RequestRules rules;
    private final BlockingCalls blocking;
    private final String name;

    /**
     * Starts a device: from reset to DRIVER_OK.
     *
     * @throws DeviceException if it is no block device, cannot be driven, or fails on the way
     */
    public static BlockDriver start(Transport transport, Platform platform, BlockDriverOptions options)
            throws DeviceException {
        return new BlockDriver(new BlockSession(transport, platform, options));
    }

    private BlockDriver(BlockSession session) {
        this.session = session;
        this.rules = new RequestRules(session);
        this.blocking = new BlockingCalls(session, rules);
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
        rules.check(BlkRequest.T_FLUSH, 0, 0);
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
        rules.checkTransfer(type, sector, length);
        int slot = queue.take();
        if (slot == RequestQueue.NONE) {
            return FULL;
        }
        queue.begin(slot, type, sector, length >>> BlkRequest.SECTOR_SHIFT);
        queue.append(slot, address, length, type == BlkRequest.T_IN, session.limits.maxSegmentBytes());
        return finish(queue, slot);
    }

    private int submitPieces(RequestQueue queue, int type, long sector, BufferChain pieces) throws BlockIoException {
        int length = rules.checkPieces(type, pieces);
        rules.checkTransfer(type, sector, length);
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
        rules.checkRange(type, sector, sectors);
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
        boolean happened = true;
        while (happened && !requests.hasDone()) {
            // If what happened was that the device was started over, the wait begins anew.
            happened = session.waitFor(requests, timeoutNanos);
        }
        return requests.hasDone();
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
        return rules.failure(session.queues[queue], token);
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
     * Resets one queue and no other (VIRTIO 1.4, "Virtqueue Reset"). What is under way in it is made again, as after a reset
     * of the device.
     *
     * @throws IllegalStateException if RING_RESET was not negotiated, or the device has failed
     * @throws DeviceException if it does not complete: the queue is then of no use until the device is reset
     */
    public void resetQueue(int queue) throws DeviceException {
        if (!has(Features.RING_RESET)) {
            throw new IllegalStateException(name + ": VIRTIO_F_RING_RESET was not negotiated");
        }
        if (session.failure() != null || session.broken() != null) {
            throw new IllegalStateException(name + " has failed");
        }
        session.resetQueue(session.queues[queue]);
    }

    /**
     * Reads whole sectors, in as many requests as it takes, and waits for them.
     *
     * @throws IllegalArgumentException if the buffer is not of whole sectors
     * @throws BlockIoException if the device fails to, or they are beyond the end; the buffer's contents are undefined
     */
    public void read(long sector, DmaBuffer buffer) throws BlockIoException {
        blocking.transfer(BlkRequest.T_IN, sector, buffer);
    }

    /** Writes whole sectors, in as many requests as it takes, and waits for them; as {@link #read} otherwise. */
    public void write(long sector, DmaBuffer buffer) throws BlockIoException {
        blocking.transfer(BlkRequest.T_OUT, sector, buffer);
    }

    /** Makes every completed write durable and waits for that. */
    public void flush() throws BlockIoException {
        rules.check(BlkRequest.T_FLUSH, 0, 0);
        if (needsFlush()) {
            blocking.flush();
        }
    }

    /** Discards sectors, as {@link #submitDiscard} does, and waits for it. */
    public void discard(long sector, long sectors) throws BlockIoException {
        blocking.range(BlkRequest.T_DISCARD, sector, sectors, 0);
    }

    /** Writes zeroes, as {@link #submitWriteZeroes} does, and waits for it. */
    public void writeZeroes(long sector, long sectors, boolean unmap) throws BlockIoException {
        blocking.range(BlkRequest.T_WRITE_ZEROES, sector, sectors, unmap ? BlkSegment.FLAG_UNMAP : 0);
    }

    /** Erases sectors, as {@link #submitSecureErase} does, and waits for it. */
    public void secureErase(long sector, long sectors) throws BlockIoException {
        blocking.range(BlkRequest.T_SECURE_ERASE, sector, sectors, 0);
    }

    /** The device's name for itself: up to 20 characters, those that are not printable ASCII as '?'. Allocates it. */
    public String deviceId() throws BlockIoException {
        return blocking.deviceId();
    }

    /** How worn the medium is. Allocates the answer. */
    public BlockLifetime lifetime() throws BlockIoException {
        return blocking.lifetime();
    }

    /**
     * Switches the device's write cache between writeback and writethrough. That survives resets by this driver.
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
