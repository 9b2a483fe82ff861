// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtio block device (VIRTIO 1.4, "Block Device") that serves one image.
 *
 * <p>A worker finishes at once what takes no longer than copying bytes: reads that the page cache answers, and everything
 * small on a memory image. The rest goes to an {@link IoEngine}, where requests run beside one another and complete in
 * any order. A flush waits for the writes that reached the device before it, on all queues, and for nothing else.
 *
 * <p>A request that cannot be done ends in IOERR, or UNSUPP if there is no such request; the image, the other requests
 * and the device go on.
 */
public final class BlockDevice implements VirtioDevice {
    private static final Logger log = LoggerFactory.getLogger(BlockDevice.class);

    /** Longer transfers are not done by a worker, which has other queues to serve. */
    private static final long INLINE_BYTES = 256 << 10;

    /** Request states made in advance for each queue; a longer queue makes more when it first needs them. */
    private static final int READY_REQUESTS = 256;

    /** No status: the request goes on elsewhere. */
    private static final int PENDING = -1;

    private final BlockImage image;
    private final boolean readOnly;
    private final boolean writeCache;
    private final int queueSize;
    private final int blockSize;
    private final byte[] serial;
    private final @Nullable Supplier<BlockLifetime> lifetime;
    private final BlockConfiguration configuration;
    private final RequestPool[] pools;
    private final WriteOrder writes;
    private final SyncGroup syncs;
    private final IoEngine engine;
    private final boolean ownsEngine;
    private final AtomicLong failures = new AtomicLong();

    private volatile long capacity;
    private volatile FeatureBits negotiated = FeatureBits.NONE;
    private volatile boolean writeback;
    private @Nullable DeviceHost host;

    /**
     * A device for an image, which it closes when it is closed itself.
     *
     * @throws IllegalArgumentException if the image is not whole blocks of the block size that is asked for
     */
    public BlockDevice(BlockImage image, BlockOptions options) {
        if (image.size() % options.blockSize() != 0) {
            throw new IllegalArgumentException(image + " has " + image.size() + " bytes, which is not whole blocks of "
                    + options.blockSize() + " bytes");
        }
        this.image = image;
        this.readOnly = options.readOnly() || image.readOnly();
        this.writeCache = options.writeCache();
        this.queueSize = options.queueSize();
        this.blockSize = options.blockSize();
        this.serial = Arrays.copyOf(options.serial().getBytes(StandardCharsets.US_ASCII), BlkRequest.ID_SIZE);
        this.lifetime = options.lifetime();
        this.configuration = new BlockConfiguration(options, image);
        this.capacity = image.size() / BlkRequest.SECTOR_SIZE;
        this.pools = new RequestPool[options.queues()];
        this.writes = new WriteOrder();
        this.syncs = new SyncGroup(this, image);
        IoEngine shared = options.engine();
        this.ownsEngine = shared == null;
        this.engine = shared == null ? new ThreadPoolEngine("paravirt-blk", options.threads()) : shared;
        Arrays.setAll(pools, queue -> new RequestPool(this, Math.min(queueSize, READY_REQUESTS)));
        writeback(writeCache);
    }

    @Override
    public int deviceType() {
        return DeviceType.BLOCK;
    }

    @Override
    public FeatureBits features() {
        return configuration.features;
    }

    @Override
    public int queueCount() {
        return pools.length;
    }

    @Override
    public int maxQueueSize(int queue) {
        return queueSize;
    }

    @Override
    public int configSize() {
        return configuration.size();
    }

    @Override
    public void readConfig(int offset, byte[] destination, int start, int length) {
        configuration.read(offset, destination, start, length);
    }

    /** Only the cache mode can be written, by a driver that negotiated CONFIG_WCE, and FLUSH to go with it. */
    @Override
    public void writeConfig(int offset, byte[] source, int start, int length) {
        boolean covers = offset <= BlkConfig.WRITEBACK && BlkConfig.WRITEBACK < offset + length;
        if (covers && negotiated.has(BlkFeatures.CONFIG_WCE) && negotiated.has(BlkFeatures.FLUSH)) {
            byte value = source[start + BlkConfig.WRITEBACK - offset];
            if (value == BlkConfig.WRITETHROUGH || value == BlkConfig.WRITEBACK_CACHE) {
                writeback(value == BlkConfig.WRITEBACK_CACHE);
            }
        }
    }

    /**
     * Before negotiation it is what a driver that knows FLUSH will find: whoever stands between driver and device reads the
     * configuration once, early, and believes it from then on, as QEMU does for vhost-user.
     */
    private void writeback(boolean on) {
        writeback = on;
        configuration.writeback(on);
    }

    /** Without FLUSH a driver can never make a write stable, so every write is before it completes. */
    @Override
    public void negotiated(FeatureBits driverFeatures) {
        negotiated = driverFeatures;
        writeback(writeCache && driverFeatures.has(BlkFeatures.FLUSH));
    }

    @Override
    public void attach(DeviceHost newHost) {
        host = newHost;
    }

    /** Bytes that the driver sees now. */
    public long size() {
        return capacity * BlkRequest.SECTOR_SIZE;
    }

    /** Requests that failed because the image did. */
    public long failures() {
        return failures.get();
    }

    /**
     * Changes the size that the driver sees, and notifies it. A larger disk grows its image if that is smaller; a smaller
     * one leaves the image as it is, with its end out of reach. From any thread, one at a time.
     *
     * @param bytes 512 or more, whole blocks
     * @throws IOException if the image cannot grow
     */
    public void resize(long bytes) throws IOException {
        if (bytes < blockSize || bytes % blockSize != 0) {
            throw new IllegalArgumentException("a disk of " + bytes + " bytes is not whole blocks of " + blockSize);
        }
        if (bytes > image.size()) {
            image.grow(bytes);
        }
        long sectors = bytes / BlkRequest.SECTOR_SIZE;
        Runnable change = () -> {
            capacity = sectors;
            configuration.capacity(sectors);
        };
        DeviceHost attached = host;
        if (attached == null) {
            change.run();
        } else {
            attached.changeConfiguration(change);
        }
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        if (chain.readableLength() < BlkRequest.HEADER_SIZE || chain.writableLength() < BlkRequest.STATUS_SIZE) {
            throw new VirtqueueException("a block request of " + chain.readableLength() + " readable and "
                    + chain.writableLength() + " writable bytes has no room for header and status");
        }
        RequestPool pool = pools[queue];
        BlockRequest request = pool.take();
        int status;
        long written = 0;
        try {
            request.open(chain, context);
            status = start(request, chain);
            if (status == PENDING) {
                return;
            }
        } catch (IOException | RuntimeException | Error failure) {
            status = failed(request, failure);
        }
        try {
            written = request.conclude(status);
        } finally {
            pool.putBack(request);
        }
        context.push(chain, written);
    }

    /** Does a request, or starts it; returns its status, or {@link #PENDING}. If it throws, nothing was started. */
    private int start(BlockRequest request, DescriptorChain chain) throws IOException {
        return switch (request.type()) {
            case BlkRequest.T_IN -> startRead(request, chain);
            case BlkRequest.T_OUT -> startWrite(request, chain);
            case BlkRequest.T_FLUSH -> startFlush(request);
            case BlkRequest.T_GET_ID -> {
                request.fill(serial, chain.writableLength() - BlkRequest.STATUS_SIZE);
                yield BlkStatus.OK;
            }
            case BlkRequest.T_GET_LIFETIME -> getLifetime(request, chain);
            case BlkRequest.T_DISCARD -> startRanges(request, chain, BlkFeatures.DISCARD);
            case BlkRequest.T_WRITE_ZEROES -> startRanges(request, chain, BlkFeatures.WRITE_ZEROES);
            case BlkRequest.T_SECURE_ERASE -> startRanges(request, chain, BlkFeatures.SECURE_ERASE);
            default -> BlkStatus.UNSUPP;
        };
    }

    private int startRead(BlockRequest request, DescriptorChain chain) throws IOException {
        long length = chain.writableLength() - BlkRequest.STATUS_SIZE;
        long sector = chain.readLong(BlkRequest.SECTOR);
        if (length % BlkRequest.SECTOR_SIZE != 0 || !contains(sector, length / BlkRequest.SECTOR_SIZE)) {
            return BlkStatus.IOERR;
        }
        request.prepareRead(sector * BlkRequest.SECTOR_SIZE, length);
        if (length <= INLINE_BYTES && request.readCached(image)) {
            return BlkStatus.OK;
        }
        engine.submit(request);
        return PENDING;
    }

    private int startWrite(BlockRequest request, DescriptorChain chain) throws IOException {
        long length = chain.readableLength() - BlkRequest.HEADER_SIZE;
        long sector = chain.readLong(BlkRequest.SECTOR);
        if (readOnly || length % BlkRequest.SECTOR_SIZE != 0 || !contains(sector, length / BlkRequest.SECTOR_SIZE)) {
            return BlkStatus.IOERR;
        }
        request.prepareWrite(sector * BlkRequest.SECTOR_SIZE, length);
        return startChange(request, length);
    }

    private int startRanges(BlockRequest request, DescriptorChain chain, int feature) throws IOException {
        if (readOnly) {
            return BlkStatus.IOERR;
        }
        if (!negotiated.has(feature)) {
            return BlkStatus.UNSUPP;
        }
        int status = readSegments(request, chain);
        return status == BlkStatus.OK ? startChange(request, request.segmentBytes()) : status;
    }

    /** Reads each word of each segment once; what was checked is what will be done. */
    private int readSegments(BlockRequest request, DescriptorChain chain) {
        long length = chain.readableLength() - BlkRequest.HEADER_SIZE;
        if (length == 0 || length % BlkSegment.SIZE != 0 || length / BlkSegment.SIZE > BlockRequest.MAX_SEGMENTS) {
            return BlkStatus.IOERR;
        }
        boolean discard = request.type() == BlkRequest.T_DISCARD;
        long most = discard ? BlockConfiguration.MAX_DISCARD_SECTORS : BlockConfiguration.MAX_ZEROES_SECTORS;
        boolean valid = true;
        for (long at = BlkRequest.HEADER_SIZE; at < chain.readableLength(); at += BlkSegment.SIZE) {
            long sector = chain.readLong(at + BlkSegment.SECTOR);
            long sectors = Integer.toUnsignedLong(chain.readInt(at + BlkSegment.NUM_SECTORS));
            int flags = chain.readInt(at + BlkSegment.FLAGS);
            if ((flags & ~BlkSegment.FLAG_UNMAP) != 0 || (discard && flags != 0)) {
                return BlkStatus.UNSUPP;
            }
            valid &= sectors <= most && contains(sector, sectors);
            request.addSegment(
                    sector * BlkRequest.SECTOR_SIZE, sectors * BlkRequest.SECTOR_SIZE, flags == BlkSegment.FLAG_UNMAP);
        }
        return valid ? BlkStatus.OK : BlkStatus.IOERR;
    }

    private int startChange(BlockRequest request, long bytes) throws IOException {
        if (image.isMemory() && bytes <= INLINE_BYTES) {
            request.perform(image);
            return BlkStatus.OK;
        }
        request.generation = writes.begin();
        try {
            engine.submit(request);
        } catch (RuntimeException | Error refused) {
            continueFlushes(writes.end(request.generation));
            throw refused;
        }
        return PENDING;
    }

    private int startFlush(BlockRequest request) {
        if (readOnly) {
            return BlkStatus.OK;
        }
        if (!writes.flush(request)) {
            return PENDING;
        }
        if (image.isMemory()) {
            return BlkStatus.OK;
        }
        if (syncs.add(request)) {
            engine.submit(syncs);
        }
        return PENDING;
    }

    private int getLifetime(BlockRequest request, DescriptorChain chain) {
        long room = chain.writableLength() - BlkRequest.STATUS_SIZE;
        if (lifetime == null || !negotiated.has(BlkFeatures.LIFETIME)) {
            return BlkStatus.UNSUPP;
        }
        byte[] answer = lifetime.get().encode();
        if (room < answer.length) {
            return BlkStatus.IOERR;
        }
        request.fill(answer, room);
        return BlkStatus.OK;
    }

    private boolean contains(long sector, long sectors) {
        return sector >= 0 && sector <= capacity - sectors;
    }

    /** Engine thread: does a request, which then completes or joins those that wait for a sync. */
    void perform(BlockRequest request) {
        int status = BlkStatus.OK;
        try {
            request.perform(image);
        } catch (IOException | RuntimeException | Error failure) {
            status = failed(request, failure);
        }
        if (request.type() == BlkRequest.T_IN) {
            finish(request, status);
            return;
        }
        BlockRequest flushes = writes.end(request.generation);
        boolean stable = !writeback || request.type() == BlkRequest.T_SECURE_ERASE;
        if (status != BlkStatus.OK || !stable) {
            finish(request, status);
        } else {
            // To be stable it has to be synced, like the flushes that waited for it.
            request.link = flushes;
            flushes = request;
        }
        continueFlushes(flushes);
    }

    private void continueFlushes(@Nullable BlockRequest flushes) {
        if (flushes != null && syncs.add(flushes)) {
            syncs.run();
        }
    }

    /** Completes a request from a thread of the engine. */
    void finish(BlockRequest request, int status) {
        DescriptorChain chain = request.chain();
        QueueContext context = request.context();
        long written = 0;
        try {
            written = request.conclude(status);
        } catch (RuntimeException | Error memoryGone) {
            // The guest took its memory away, so that nobody is left to read the status.
            log.debug("no status for a request to {}", image, memoryGone);
        }
        request.pool.giveBack(request);
        context.complete(chain, written);
    }

    /** Counts and reports a failure of the image or of guest memory: the first aloud, as it is likely one of many. */
    int failed(BlockRequest request, Throwable failure) {
        String what = BlkRequest.describeType(request.type());
        if (failures.getAndIncrement() == 0) {
            log.warn(
                    "block device on {}: a {} failed, and further failures are logged at debug level: {}",
                    image,
                    what,
                    failure.toString());
        }
        log.debug("block device on {}: a {} failed", image, what, failure);
        return BlkStatus.IOERR;
    }

    @Override
    public void reset() {
        negotiated = FeatureBits.NONE;
        writeback(writeCache);
    }

    @Override
    public void close() {
        if (ownsEngine) {
            engine.close();
        }
        try {
            image.close();
        } catch (IOException failure) {
            log.warn("block device on {}: closing the image failed: {}", image, failure.toString());
        }
    }
}
