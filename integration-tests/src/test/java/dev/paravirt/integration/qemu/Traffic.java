// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;

/**
 * Reads and writes of random sizes, shapes and places, many under way at once, checked against a copy of what the disk
 * should hold. Each request has sectors of its own while it is under way.
 */
public final class Traffic {
    private static final int SECTOR = 512;
    private static final int MAX_SECTORS = 64;
    private static final int MAX_PIECES = 6;

    /** What is under way, by its place, which is also its part of the disk: places do not overlap. */
    private final Request[] requests;

    private final Request[][] byToken;
    private final BlockDriver driver;
    private final byte[] expected;
    private final int sectorsOfPlace;
    private final BufferChain chain = new BufferChain(MAX_PIECES);
    private boolean polls;
    private int completed;

    private static final class Request {
        final DmaBuffer buffer;
        boolean busy;
        boolean write;
        int sector;
        int length;

        Request(DmaBuffer buffer) {
            this.buffer = buffer;
        }
    }

    public Traffic(Platform platform, BlockDriver driver, byte[] expected, int queues, int depth) {
        this.driver = driver;
        this.expected = expected;
        this.requests = new Request[depth];
        this.sectorsOfPlace = expected.length / SECTOR / depth;
        for (int place = 0; place < depth; place++) {
            requests[place] = new Request(platform.allocate(MAX_SECTORS * SECTOR, 8));
        }
        this.byToken = new Request[queues][];
        for (int queue = 0; queue < queues; queue++) {
            byToken[queue] = new Request[driver.depth(queue)];
        }
    }

    /** From now on this looks for completions all the time, and waits for none. */
    public void poll() {
        polls = true;
    }

    /** Submits one request; waits for others first if there are too many. */
    public void submit(int queue, Random random) throws IOException {
        int place = random.nextInt(requests.length);
        while (requests[place].busy) {
            takeSome();
        }
        Request request = requests[place];
        int sectors = 1 + random.nextInt(Math.min(MAX_SECTORS, sectorsOfPlace));
        request.sector = place * sectorsOfPlace + random.nextInt(sectorsOfPlace - sectors + 1);
        request.length = sectors * SECTOR;
        request.write = random.nextBoolean();
        DmaBuffer data = request.buffer.slice(0, request.length);
        if (request.write) {
            byte[] content = new byte[request.length];
            random.nextBytes(content);
            data.put(0, content, 0, content.length);
            System.arraycopy(content, 0, expected, request.sector * SECTOR, content.length);
        } else {
            data.fill(0, request.length, (byte) 0xee);
        }
        divide(data, request.write, random);
        int token = submit(queue, request);
        while (token == BlockDriver.FULL) {
            takeSome();
            token = submit(queue, request);
        }
        request.busy = true;
        byToken[queue][token] = request;
        if (random.nextInt(8) == 0) {
            driver.kick(queue);
        }
    }

    private int submit(int queue, Request request) throws IOException {
        return request.write
                ? driver.submitWrite(queue, request.sector, chain)
                : driver.submitRead(queue, request.sector, chain);
    }

    private void divide(DmaBuffer data, boolean readable, Random random) {
        chain.clear();
        int at = 0;
        while (at < data.size()) {
            boolean last = chain.count() == MAX_PIECES - 1 || random.nextInt(3) == 0;
            int length = last ? data.size() - at : 1 + random.nextInt(data.size() - at);
            DmaBuffer piece = data.slice(at, length);
            if (readable) {
                chain.addReadable(piece);
            } else {
                chain.addWritable(piece);
            }
            at += length;
        }
    }

    /** Waits for all that is under way in one queue, and looks at no other. */
    public void finish(int queue) throws IOException {
        while (driver.underWay(queue) > 0) {
            takeSome(queue);
        }
    }

    /** Waits for all that is under way. */
    public void finish() throws IOException {
        while (Arrays.stream(requests).anyMatch(request -> request.busy)) {
            takeSome();
        }
    }

    private void takeSome() throws IOException {
        for (int queue = 0; queue < byToken.length; queue++) {
            takeSome(queue);
        }
    }

    private void takeSome(int queue) throws IOException {
        driver.kick(queue);
        if (!polls && driver.underWay(queue) > 0 && !driver.await(queue, -1)) {
            throw new AssertionError("queue " + queue + " completes nothing");
        }
        for (int token = driver.poll(queue); token != BlockDriver.NONE; token = driver.poll(queue)) {
            if (driver.status(queue, token) != BlkStatus.OK) {
                throw driver.failure(queue, token);
            }
            check(byToken[queue][token]);
        }
    }

    private void check(Request request) {
        byte[] found = new byte[request.length];
        request.buffer.get(0, found, 0, found.length);
        int from = request.sector * SECTOR;
        assertThat(Arrays.mismatch(found, 0, found.length, expected, from, from + found.length))
                .as("first difference in %d bytes from sector %d on", found.length, request.sector)
                .isEqualTo(-1);
        request.busy = false;
        completed++;
    }

    public int completed() {
        return completed;
    }
}
