// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Commands for the toy OS, and beside them what the directory it works in must hold afterwards, computed here without
 * any of the toy OS's code. A command comes with its effect, so that the two cannot drift apart.
 */
final class FileScript {
    /** The toy OS's programs write so much of a pseudo-random file at once; each piece starts at a multiple of 8. */
    private static final int GUEST_CHUNK = 8;

    private final String directory;
    private final List<String> commands = new ArrayList<>();
    private final TreeMap<String, byte[]> contents = new TreeMap<>();
    private int written;
    private int renamed;
    private int deleted;
    private long bytesWritten;

    private FileScript(String directory) {
        this.directory = directory;
    }

    /**
     * @param directory does not exist yet
     * @param mostBytes of the largest files
     * @param unicode whether names other than ASCII can be handed over
     */
    static FileScript create(String directory, long seed, int mostBytes, boolean unicode) {
        FileScript script = new FileScript(directory);
        script.write(new SplittableRandom(seed), mostBytes, unicode);
        return script;
    }

    private void write(SplittableRandom random, int mostBytes, boolean unicode) {
        makeDirectory("");
        makeDirectory("/A directory with a long name");
        makeDirectory("/short-lived");
        for (int size : new int[] {0, 1, 511, 512, 4096, 4097}) {
            write("/size-" + size + ".bin", size, random.nextLong(1 << 30), false);
        }
        for (int i = 1; i <= 4; i++) {
            int size = mostBytes / 2 + random.nextInt(mostBytes / 2);
            write("/written by task " + i + ".data", size, random.nextLong(1 << 30), true);
        }
        commands.add("wait");
        String name = unicode ? "/Gr\u00fc\u00dfe, \u03b1\u03b2\u03b3, \u65e5\u672c\u8a9e.txt" : "/Greetings, all.txt";
        write("/greeting.tmp", 3000 + random.nextInt(3000), random.nextLong(1 << 30), false);
        move("/greeting.tmp", name);
        copy("/written by task 1.data", "/A directory with a long name/copy of task 1.data");
        move("/written by task 2.data", "/A directory with a long name/moved.data");
        append("/written by task 3.data", mostBytes / 3 + 7, random.nextLong(1 << 30));
        truncate("/written by task 4.data", mostBytes / 5 + 3);
        write("/size-4096.bin", 10_000, random.nextLong(1 << 30), false); // overwrites
        write("/short-lived/victim.bin", 70_000, random.nextLong(1 << 30), false);
        delete("/short-lived/victim.bin");
        commands.add("rmdir " + quoted("/short-lived"));
        delete("/size-511.bin");
        commands.add("ls " + quoted("/A directory with a long name"));
        commands.add("sync");
        commands.add("df");
    }

    List<String> commands() {
        return List.copyOf(commands);
    }

    /** What must be in the directory at the end, by path. */
    SortedMap<String, FileDigest> expected() {
        TreeMap<String, FileDigest> expected = new TreeMap<>();
        contents.forEach((path, content) -> expected.put(directory + path, FileDigest.of(content)));
        return expected;
    }

    String summary() {
        return written + " files written (" + Sizes.text(bytesWritten) + "), " + renamed + " renamed, " + deleted
                + " deleted";
    }

    private void makeDirectory(String path) {
        commands.add("mkdir " + quoted(path));
    }

    private void write(String path, int size, long seed, boolean beside) {
        commands.add("write " + quoted(path) + " " + size + " " + seed + (beside ? " &" : ""));
        put(path, pseudoRandom(size, seed));
        written++;
    }

    private void append(String path, int size, long seed) {
        commands.add("append " + quoted(path) + " " + size + " " + seed);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(content(path));
        both.writeBytes(pseudoRandom(size, seed));
        contents.put(path, both.toByteArray());
        bytesWritten += size;
    }

    private void truncate(String path, int size) {
        commands.add("truncate " + quoted(path) + " " + size);
        contents.put(path, Arrays.copyOf(content(path), size));
    }

    private void copy(String from, String to) {
        commands.add("cp " + quoted(from) + " " + quoted(to));
        put(to, content(from));
        written++;
    }

    private void move(String from, String to) {
        commands.add("mv " + quoted(from) + " " + quoted(to));
        byte[] content = content(from);
        contents.remove(from);
        contents.put(to, content);
        renamed++;
    }

    private void delete(String path) {
        commands.add("rm " + quoted(path));
        contents.remove(path);
        deleted++;
    }

    private void put(String path, byte[] content) {
        contents.put(path, content);
        bytesWritten += content.length;
    }

    private byte[] content(String path) {
        byte[] content = contents.get(path);
        if (content == null) {
            throw new IllegalStateException("the script has no " + path);
        }
        return content;
    }

    private String quoted(String path) {
        return '"' + directory + path + '"';
    }

    /** The content of a file as the toy OS's programs make it from a seed. */
    static byte[] pseudoRandom(int size, long seed) {
        byte[] whole = new byte[(size + GUEST_CHUNK - 1) / GUEST_CHUNK * GUEST_CHUNK];
        new SplittableRandom(seed).nextBytes(whole);
        return Arrays.copyOf(whole, size);
    }
}
