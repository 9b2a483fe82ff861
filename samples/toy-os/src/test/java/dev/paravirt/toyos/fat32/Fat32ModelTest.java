// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.block.SparseVolume;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on a volume and on a map of names to contents must agree in what they give and in what they refuse. */
class Fat32ModelTest {
    private static final List<String> NAMES =
            List.of("A", "b", "File.txt", "Some longer name", "DATA.BIN", "x y z", "ü");
    private static final List<String> DIRECTORIES = List.of("", "/d", "/d/deeper directory", "/E");
    private static final byte[] DIRECTORY = {};

    /** Paths in upper case; directories map to {@link #DIRECTORY} itself. */
    private final Map<String, byte[]> model = new TreeMap<>();

    // Each test starts with run(), which sets both.
    @SuppressWarnings("NullAway.Init")
    private Random random;

    @SuppressWarnings("NullAway.Init")
    private Disk disk;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void agreesWithAMap(long seed) throws IOException {
        run(seed, 1500);
        SparseVolume volume = disk.volume;
        disk.close();
        disk = Disk.mount(volume);
        compareAll();
        assertThat(disk.fat.check()).isEqualTo(new VolumeCheck(List.of(), 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void leavesWhatFsckFindsClean(long seed, @TempDir Path folder) throws Exception {
        Peers.require("fsck.vfat");
        for (int round = 0; round < 4; round++) {
            SparseVolume volume = round == 0 ? Disk.blank() : disk.volume;
            if (round == 0) {
                run(seed, 400);
            } else {
                disk = Disk.mount(volume);
                operate(400);
            }
            disk.closeAndCheck(folder.resolve("fat.img"));
        }
    }

    private void run(long seed, int operations) throws IOException {
        random = new Random(seed);
        disk = Disk.mount(Disk.blank());
        model.put("", DIRECTORY);
        operate(operations);
    }

    private void operate(int operations) throws IOException {
        for (int i = 0; i < operations; i++) {
            switch (random.nextInt(12)) {
                case 0, 1 -> create(path());
                case 2, 3, 4 -> write(path());
                case 5 -> truncate(path());
                case 6 -> delete(path());
                case 7 -> rename(path(), path());
                case 8 -> makeDirectory(DIRECTORIES.get(random.nextInt(3) + 1));
                case 9 -> removeDirectory(DIRECTORIES.get(random.nextInt(3) + 1));
                case 10 -> disk.fat.sync();
                default -> read(path());
            }
        }
        compareAll();
    }

    private void create(String path) throws IOException {
        if (model.containsKey(key(path))) {
            refused(Reason.ALREADY_EXISTS, () -> disk.fat.create(path));
        } else if (parentMissing(path)) {
            refused(Reason.NOT_FOUND, () -> disk.fat.create(path));
        } else if (hasRoom(() -> disk.fat.create(path).close())) {
            model.put(key(path), new byte[0]);
        }
    }

    private void write(String path) throws IOException {
        byte[] old = model.get(key(path));
        if (old == null) {
            refused(Reason.NOT_FOUND, () -> disk.fat.open(path));
            return;
        }
        int position = random.nextInt(10) == 0 ? old.length + random.nextInt(3000) : random.nextInt(old.length + 1);
        byte[] part = new byte[random.nextInt(random.nextInt(20) == 0 ? 60_000 : 4000) + 1];
        random.nextBytes(part);
        boolean written = hasRoom(() -> {
            try (FatFile file = disk.fat.open(path)) {
                file.write(position, part, 0, part.length);
            }
        });
        if (written) {
            byte[] content = Arrays.copyOf(old, Math.max(old.length, position + part.length));
            System.arraycopy(part, 0, content, position, part.length);
            model.put(key(path), content);
        }
    }

    private void truncate(String path) throws IOException {
        byte[] old = model.get(key(path));
        if (old == null) {
            return;
        }
        int size = random.nextInt(old.length + 1000);
        boolean done = hasRoom(() -> {
            try (FatFile file = disk.fat.open(path)) {
                file.truncate(size);
            }
        });
        if (done) {
            model.put(key(path), Arrays.copyOf(old, size));
        }
    }

    private void delete(String path) throws IOException {
        if (model.remove(key(path)) == null) {
            refused(Reason.NOT_FOUND, () -> disk.fat.delete(path));
        } else {
            disk.fat.delete(path);
        }
    }

    private void rename(String from, String to) throws IOException {
        boolean same = key(from).equals(key(to));
        if (!model.containsKey(key(from)) || parentMissing(to)) {
            refused(Reason.NOT_FOUND, () -> disk.fat.rename(from, to, true));
        } else if (model.containsKey(key(to)) && !same && random.nextBoolean()) {
            refused(Reason.ALREADY_EXISTS, () -> disk.fat.rename(from, to, false));
        } else if (hasRoom(() -> disk.fat.rename(from, to, true))) {
            model.put(key(to), model.remove(key(from)));
        }
    }

    private void makeDirectory(String path) throws IOException {
        if (model.containsKey(key(path))) {
            refused(Reason.ALREADY_EXISTS, () -> disk.fat.makeDirectory(path));
        } else if (parentMissing(path)) {
            refused(Reason.NOT_FOUND, () -> disk.fat.makeDirectory(path));
        } else if (hasRoom(() -> disk.fat.makeDirectory(path))) {
            model.put(key(path), DIRECTORY);
        }
    }

    private void removeDirectory(String path) throws IOException {
        if (!model.containsKey(key(path))) {
            refused(Reason.NOT_FOUND, () -> disk.fat.removeDirectory(path));
        } else if (model.keySet().stream().anyMatch(other -> other.startsWith(key(path) + "/"))) {
            refused(Reason.NOT_EMPTY, () -> disk.fat.removeDirectory(path));
        } else {
            disk.fat.removeDirectory(path);
            model.remove(key(path));
        }
    }

    private void read(String path) throws IOException {
        byte[] content = model.get(key(path));
        if (content != null) {
            assertThat(disk.read(path)).isEqualTo(content);
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean isDirectory(byte[] content) {
        return content == DIRECTORY;
    }

    private void compareAll() throws IOException {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : model.entrySet()) {
            if (isDirectory(entry.getValue())) {
                for (FileStatus status : disk.fat.list(entry.getKey())) {
                    found.add(entry.getKey() + "/" + key(status.name()));
                }
            } else {
                assertThat(disk.read(entry.getKey())).as(entry.getKey()).isEqualTo(entry.getValue());
            }
        }
        List<String> expected = new ArrayList<>(model.keySet());
        expected.remove("");
        assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Runs an operation, which may find the volume full and must then change nothing. */
    private boolean hasRoom(Operation operation) throws IOException {
        try {
            operation.run();
            return true;
        } catch (FileSystemException full) {
            assertThat(full.reason()).as(full.getMessage()).isEqualTo(Reason.NO_SPACE);
            return false;
        }
    }

    private interface Operation {
        void run() throws IOException;
    }

    private static void refused(Reason reason, ThrowingCallable call) {
        Fat32VolumeTest.assertFails(reason, call);
    }

    private boolean parentMissing(String path) {
        return !model.containsKey(key(path.substring(0, path.lastIndexOf('/'))));
    }

    private String path() {
        String name = NAMES.get(random.nextInt(NAMES.size()));
        String path = DIRECTORIES.get(random.nextInt(DIRECTORIES.size())) + "/" + name;
        return random.nextBoolean() ? path : path.toUpperCase(java.util.Locale.ROOT);
    }

    private static String key(String path) {
        return path.toUpperCase(java.util.Locale.ROOT);
    }
}
