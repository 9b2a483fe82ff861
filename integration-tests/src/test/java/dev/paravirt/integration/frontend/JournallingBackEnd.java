// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that serves a disk until it is killed, and notes the first word of each write, before it does it, in a file:
 * what it was made to do, and in what order.
 */
final class JournallingBackEnd {
    private JournallingBackEnd() {}

    /** @param arguments socket, image, and journal */
    public static void main(String[] arguments) throws IOException {
        Path journal = Path.of(arguments[2]);
        try (FileChannel notes = FileChannel.open(journal, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            BlockImage image = noting(BlockImage.open(Path.of(arguments[1]), false), notes);
            BlockDevice device = new BlockDevice(image, new BlockOptions().queues(2));
            try (VhostUserServer _ = VhostUserServer.listen(Path.of(arguments[0]), device, new VhostUserOptions())) {
                System.out.println("listening");
                // Its standard input ends with the test, whatever happens.
                while (System.in.read() >= 0) {
                    // Nothing is ever said.
                }
            }
        }
    }

    private static BlockImage noting(BlockImage image, FileChannel notes) {
        return (BlockImage) Proxy.newProxyInstance(
                BlockImage.class.getClassLoader(), new Class<?>[] {BlockImage.class}, (self, method, given) -> {
                    if (method.getName().equals("write")) {
                        note(notes, (MemorySegment) given[0], (long) given[1]);
                    }
                    // The worker then does everything itself, one after the other.
                    return method.getName().equals("isMemory") ? true : call(image, method, given);
                });
    }

    private static void note(FileChannel notes, MemorySegment memory, long offset) {
        ByteBuffer number = ByteBuffer.allocate(Long.BYTES).putLong(0, memory.get(ValueLayout.JAVA_LONG, offset));
        try {
            notes.write(number);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Object call(BlockImage image, Method method, Object[] given) throws Throwable {
        try {
            return method.invoke(image, given);
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }

    /** What a process has noted, in order. */
    static List<Integer> read(Path journal) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(journal));
        while (bytes.remaining() >= Long.BYTES) {
            numbers.add((int) bytes.getLong());
        }
        return numbers;
    }
}
